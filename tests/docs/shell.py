"""One bash that a page's commands are run in, so that variables and folders last."""
import os
import signal
import subprocess
import tempfile

TIMEOUT_S = 90

# Each command comes in a file, so that none of them can read the ones after it; eval, so
# that aliases of the one before count.
LOOP = r'''
shopt -s expand_aliases
status=0
while read -r file; do
  text=$(cat "$file"; echo x)
  (exit "$status")
  eval "${text%x}" </dev/null >"$file.out" 2>&1
  status=$?
  echo "$status" >&3
done
'''


class Shell:
    def __init__(self, folder, environment):
        self.folder = folder
        self.scratch = tempfile.mkdtemp(prefix='windrow-docs-sh-')
        self.count = 0
        reading, writing = os.pipe()
        self.answers = os.fdopen(reading)
        self.process = subprocess.Popen(
            ['bash', '-c', f'exec 3>&{writing}; {LOOP}'], stdin=subprocess.PIPE, text=True,
            cwd=folder, env=environment, pass_fds=[writing], start_new_session=True)
        os.close(writing)

    def run(self, command):
        """Answers (exit status, what it printed). A command that hangs raises."""
        self.count += 1
        path = os.path.join(self.scratch, str(self.count))
        with open(path, 'w', encoding='utf-8') as file:
            file.write(command + '\n')
        self.process.stdin.write(path + '\n')
        self.process.stdin.flush()
        timer = _Alarm(self, command)
        with timer:
            status = self.answers.readline().strip()
        with open(path + '.out', encoding='utf-8', errors='backslashreplace') as file:
            text = file.read()
        if not status:
            raise RuntimeError(f'the shell ended in `{command}`:\n{text}')
        return int(status), text

    def close(self):
        """Ends what the page started and left."""
        self.kill()
        self.process.wait()
        self.process.stdin.close()
        self.answers.close()
        for name in os.listdir(self.scratch):
            os.unlink(os.path.join(self.scratch, name))
        os.rmdir(self.scratch)

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


class _Alarm:
    """Kills the shell where a command takes too long: reading its answer ends then."""

    def __init__(self, shell, command):
        import threading
        self.timer = threading.Timer(TIMEOUT_S, self.ring)
        self.shell = shell
        self.command = command
        self.rang = False

    def ring(self):
        self.rang = True
        self.shell.kill()

    def __enter__(self):
        self.timer.start()

    def __exit__(self, *_):
        self.timer.cancel()
        if self.rang:
            raise RuntimeError(f'`{self.command}` did not end within {TIMEOUT_S} s')
