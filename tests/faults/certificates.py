"""Certificates for receivers that should not be believed, made by openssl."""

import pathlib
import ssl
import subprocess

KINDS = {  # what it is for, and from when to when
    "good": ("IP:127.0.0.1", "20200101000000Z", "20490101000000Z"),
    "expired": ("IP:127.0.0.1", "20200101000000Z", "20210101000000Z"),
    "other-name": ("DNS:other.example", "20200101000000Z", "20490101000000Z"),
}


class Certificates:
    """An authority of the test's own in `folder`, and what it signed; `bundle` is for
    WINDROW_CA_BUNDLE."""

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        self.bundle = folder / "authority.pem"
        (folder / "index").touch()
        (folder / "serial").write_text("01\n", encoding="ascii")
        self._self_signed("authority", "/CN=Test authority")
        self._self_signed("self-signed", "/CN=127.0.0.1", "subjectAltName=IP:127.0.0.1")
        for kind, (names, begin, end) in KINDS.items():
            self._sign(kind, names, begin, end)

    def context(self, kind: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / f"{kind}.pem", self._folder / f"{kind}.key")
        return context

    def _self_signed(self, name: str, subject: str, extension: str = "") -> None:
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                      subject, "-keyout", f"{name}.key", "-out", f"{name}.pem",
                      *(["-addext", extension] if extension else []))

    def _sign(self, name: str, names: str, begin: str, end: str) -> None:
        config = self._folder / "ca.conf"
        config.write_text(f"""
[ca]
default_ca = test
[test]
database = {self._folder}/index
serial = {self._folder}/serial
new_certs_dir = {self._folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[names]
subjectAltName = {names}
""", encoding="ascii")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                      "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._openssl("ca", "-batch", "-config", config, "-extensions", "names", "-cert",
                      "authority.pem", "-keyfile", "authority.key", "-in", f"{name}.csr",
                      "-out", f"{name}.pem", "-startdate", begin, "-enddate", end, "-notext")

    def _openssl(self, *arguments) -> None:
        done = subprocess.run(["openssl", *map(str, arguments)], cwd=self._folder,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")
