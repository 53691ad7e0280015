"""x"""
import collections
import dataclasses


@dataclasses.dataclass
class Proof:
    """What a run has shown."""
    reads: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(set))  # (table, reader) -> places
    versions: dict = dataclasses.field(default_factory=dict)  # table -> {version: who knew its rows}
    refusals: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(set))  # table -> (place, code)
    skips: dict = dataclasses.field(default_factory=dict)  # (table, reader) -> reason

    def at(self, place):
        return ProofAt(self, place)


@dataclasses.dataclass
class ProofAt:
    proof: Proof
    place: str

    def read(self, table, reader, version=None, judge=None):
        self.proof.reads[table, reader].add(self.place)
        if judge:
            self.proof.versions.setdefault(table, {})[version] = judge

    def refused(self, table, answer):
        self.proof.refusals[table].add((self.place, answer.status_code, answer.json()["errorCode"]))

    def skipped(self, table, reader, reason):
        self.proof.skips[table, reader] = reason


PROOF = Proof()
