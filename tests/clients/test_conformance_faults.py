"""The conformance suite can fail: every fault of the stub is found by the check that is meant for
it, and without a fault nothing is found."""
import json
import subprocess

import pytest
from conftest import BINARY
from sharing_faults import FAULTS
from sharing_stub import SharingStub

# All checks that the stub can be asked: those of the suite's own tables need another server.
ARGUMENTS = ["--token-in-url", "--json"]


def run(stub, *more):
    answer = subprocess.run([str(BINARY), "conformance", stub.url, "--token", stub.token, *ARGUMENTS, *more],
                            capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode in (0, 1), answer.stderr
    return json.loads(answer.stdout), answer.returncode


def test_the_stub_without_faults_conforms():
    with SharingStub() as stub:
        report, code = run(stub, "--strict")
    failed = {c["id"]: c["failures"] for c in report["checks"] if c["verdict"] == "fail"}
    assert failed == {}
    assert code == 0


def checks_of(fault):
    checks = FAULTS[fault]
    return set() if checks is None else {checks} if isinstance(checks, str) else set(checks)


def test_every_check_has_a_fault():
    with SharingStub() as stub:
        report, _ = run(stub)
    passed = {c["id"] for c in report["checks"] if c["verdict"] == "pass"}
    without = passed - set().union(*map(checks_of, FAULTS))
    # Python's server refuses such a header by itself.
    assert without == {"security.long-header"}, "a check that nothing shows to be able to fail"


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_found(fault):
    with SharingStub({fault}) as stub:
        report, _ = run(stub)
    failed = {c["id"] for c in report["checks"] if c["verdict"] == "fail"}
    if FAULTS[fault] is None:
        assert failed == set()
    assert checks_of(fault) <= failed, report["stopped"] if "stopped" in report else report["checks"]
