"""An array of small tasks with submitit, whose results come back and whose ends are known. Arguments: queue, directory."""
import os
import sys
import time
import submitit

queue, folder = sys.argv[1:]


def square(n):
    if n < 0:
        raise ValueError("no root")
    return n * n, submitit.JobEnvironment().array_task_id, os.environ["SLURMD_NODENAME"]


def state(job):
    """As accounting tells it: the last record comes a moment after the end."""
    for _ in range(60):
        if job.get_info(mode="force").get("State") not in (None, "PENDING", "RUNNING", "COMPLETING"):
            break
        time.sleep(1)
    return job.state


executor = submitit.AutoExecutor(folder=folder)
executor.update_parameters(slurm_partition=queue, timeout_min=3, cpus_per_task=1, slurm_array_parallelism=2)
jobs = executor.map_array(square, range(-1, 4))
try:
    jobs[0].result()
    raise AssertionError("it did not fail")
except submitit.core.utils.FailedJobError as error:
    assert "no root" in str(error), error
answers = [job.result() for job in jobs[1:]]
assert [answer[0] for answer in answers] == [0, 1, 4, 9], answers
assert all(answer[2].startswith("compute-1-") for answer in answers), answers
assert {state(job) for job in jobs[1:]} == {"COMPLETED"}, [job.state for job in jobs]
