"""Runs a command that a terminal controls, and closes the terminal: hang_up.py TEXT COMMAND….

The command prints into a pipe, because Node aborts at its end when a terminal that it printed to is
gone. The terminal is closed when TEXT is there; then the command's exit code is printed.
"""
import os
import pty
import sys

text, *command = sys.argv[1:]
output, into = os.pipe()
child, terminal = pty.fork()
if child == 0:
    for number in (1, 2):
        os.dup2(into, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.execvp(command[0], command)
os.close(into)
shown = b''
while read := os.read(output, 4096):
    shown += read
    if terminal is not None and text.encode() in shown:
        os.close(terminal)
        terminal = None
print(shown.decode(), 'exit code', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
