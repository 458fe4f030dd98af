"""A pool of dask workers that grows and ends; its name and its files are no ASCII. Arguments: queue, directory."""
import sys
from dask.distributed import Client
from dask_jobqueue import SLURMCluster

queue, folder = sys.argv[1:]
with SLURMCluster(
    queue=queue, cores=1, processes=1, memory="500MB", walltime="00:05:00", interface="lo", job_name="pool-é",
    log_directory=folder, local_directory=folder, death_timeout=120,
) as pool, Client(pool) as client:
    pool.scale(jobs=2)
    client.wait_for_workers(2, timeout=120)
    assert sum(client.gather(client.map(lambda x: x * x, range(50)))) == 40425
