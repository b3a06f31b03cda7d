"""Runs a command on a terminal of its own: on_a_terminal.py QUESTION ANSWER COMMAND….

Types ANSWER when QUESTION is there, prints what the terminal showed, and ends with the command's code.
"""
import os
import pty
import sys

question, answer, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown = b''
while True:
    try:
        read = os.read(terminal, 4096)
    except OSError:
        break
    if not read:
        break
    shown += read
    if answer and question.encode() in shown:
        os.write(terminal, answer.encode().decode('unicode_escape').encode())
        answer = ''
sys.stdout.buffer.write(shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
