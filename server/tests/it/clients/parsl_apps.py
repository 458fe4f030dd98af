"""Functions that run in a block of parsl's. Arguments: queue, directory."""
import sys
import parsl
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import SlurmProvider

queue, folder = sys.argv[1:]


@parsl.python_app
def where(n):
    import os
    return n, os.environ["SLURMD_NODENAME"]


provider = SlurmProvider(
    partition=queue, nodes_per_block=1, init_blocks=1, max_blocks=1, walltime="00:05:00", cmd_timeout=30,
)
executor = HighThroughputExecutor(
    label="blocks", address="127.0.0.1", max_workers_per_node=1, provider=provider, encrypted=False,
)
with parsl.load(Config(executors=[executor], run_dir=f"{folder}/runinfo", usage_tracking=0)):
    answers = [future.result(timeout=120) for future in [where(n) for n in range(3)]]
assert [n for n, _ in answers] == [0, 1, 2], answers
assert all(node.startswith("compute-1-") for _, node in answers), answers
