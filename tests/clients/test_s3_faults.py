"""The fault driver (tests/faults) with s3proxy, which checks signatures, as the store behind the faults."""
import os
import subprocess

import pytest

from conftest import SHARED

DRIVER = os.environ.get("SLUICE_STORE_FAULTS", "")


@pytest.mark.shared
@pytest.mark.skipif(not DRIVER, reason="the fault driver is not built: SLUICE_STORE_FAULTS names it")
def test_tables_in_s3proxy_behind_faults(s3):
    s3.put_table(SHARED / "spark-tables", "faults")
    runs = os.environ.get("SLUICE_FAULT_RUNS", "150")
    run = subprocess.run(
        [DRIVER, "--runs", runs, "--seed", "7000", "--upstream", str(s3.port), "--bucket", "faults",
         "--key", s3.access_key, "--secret", s3.secret_key, "--tables", str(SHARED / "spark-tables")],
        capture_output=True, text=True, timeout=1500)
    print(run.stdout)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert "nothing is wrong" in run.stdout
