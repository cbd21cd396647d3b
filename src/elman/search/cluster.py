"""The same search on many machines: dask's executor in the place of the pool.

Dask is trusted with nothing: the journal is the truth, and a scheduler that dies takes along what
was under way, which is run again. Its connections are open to whoever reaches them unless you give
it certificates, so let it listen on networks that you trust.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from elman.errors import ConfigError

PATIENCE = "30s"  # for a scheduler to answer


def executor(address: str, workers: int) -> tuple[Executor, int]:
    """An executor on the cluster at `address`, or on a local one of so many processes."""
    from dask import config
    from distributed import Client, LocalCluster

    config.set({"distributed.scheduler.allowed-failures": 100})
    cluster: Any = None
    try:
        if address == "local":
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                host="127.0.0.1",
            )
        client = Client(cluster or address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f"no dask scheduler answers at {address} ({error})") from error
    found: Any = client.nthreads()
    threads = sum(found.values())
    return _Cluster(client, cluster), max(1, threads)


class _Cluster(Executor):
    """Dask's own executor, and the end of what was started for it."""

    def __init__(self, client: Any, cluster: Any) -> None:
        self._client, self._cluster = client, cluster
        self._inner = client.get_executor(pure=False)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        return self._inner.submit(fn, *args, **kwargs)

    def alive(self) -> bool:
        """Whether the scheduler is there; its futures may else never end."""
        return self._client.status == "running"

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._client.close(timeout=5)
        if self._cluster is not None:
            self._cluster.close()
