"""A `windrow dev` of a page's own: a data folder that is thrown away, and free ports."""
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_S = 90
STOP_S = 60

# What pages write for addresses of their own machine.
PAGE_PORT = re.compile(r'\b74[79]\d\b')
FLAGS = {'--listen': '7470', '--server-ops': '7471', '--worker-ops': '7472',
         '--receiver-listen': '7490'}


class Ports:
    """Ports of the page ↔ ports of the run, chosen when they are first met."""

    def __init__(self):
        self.run_of = {}
        self.page_of = {}

    def to_run(self, text):
        return PAGE_PORT.sub(lambda found: self._run(found[0]), text)

    def to_page(self, text):
        return re.sub(r'\b\d{4,5}\b', lambda found: self.page_of.get(found[0], found[0]), text)

    def _run(self, port):
        if port not in self.run_of:
            while True:
                with socket.socket() as probe:
                    probe.bind(('127.0.0.1', 0))
                    free = str(probe.getsockname()[1])
                if free not in self.page_of:
                    break
            self.run_of[port] = free
            self.page_of[free] = port
        return self.run_of[port]


class WindrowDev:
    def __init__(self, program, ports, command='windrow dev', environment=None, folder=None):
        """`command`: as the page has it; its own flags are added to it."""
        self.home = tempfile.mkdtemp(prefix='windrow-docs-')
        os.chmod(self.home, 0o755)  # PostgreSQL runs as an unprivileged user under root
        self.log = os.path.join(self.home, 'dev.log')
        self.ready = os.path.join(self.home, 'ready')
        given = shlex.split(ports.to_run(command))[2:]
        argv = [program, 'dev', '--data', os.path.join(self.home, 'data'),
                '--ready-file', self.ready, *given]
        for flag, port in FLAGS.items():
            no_receiver = flag == '--receiver-listen' and '--no-receiver' in given
            if flag not in given and not no_receiver:
                argv += [flag, ports.to_run(f'127.0.0.1:{port}')]
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, env=environment,
                                            cwd=folder)
        try:
            self.server = self._wait()
        except Exception:
            self.stop()
            raise
        self.shown = len(self.lines())

    def _wait(self):
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            if os.path.exists(self.ready):
                with open(self.ready, encoding='utf-8') as file:
                    text = file.read()
                if text.endswith('\n'):
                    return json.loads(text)['server']
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError('windrow dev did not become ready:\n' + '\n'.join(self.lines()))

    def lines(self):
        with open(self.log, encoding='utf-8', errors='replace') as file:
            return file.read().rstrip('\n').split('\n')

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)
