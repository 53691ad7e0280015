"""Parses `*.test` files: setup directives, then cases. The language is described in README.md."""
from __future__ import annotations

import dataclasses
import pathlib


class Malformed(Exception):
    pass


@dataclasses.dataclass
class Answer:
    status: str                      # "200", "4xx", or "closed"
    headers: list[tuple[str, str]]   # name in lower case, pattern; "!name" must be absent
    body: list[str] | None           # expected lines; None: must be empty
    line: int


@dataclasses.dataclass
class Case:
    title: str
    line: int
    directives: list[list[str]]      # words of each "@..." line
    blocks: dict[int, str]           # text that belongs to the directive of that index
    request: list[str]               # lines of the request, as written
    answers: list[Answer]


@dataclasses.dataclass
class Transcript:
    path: pathlib.Path
    setup: Case
    cases: list[Case]


# Directives that are followed by lines of text up to a line "@end".
WITH_TEXT = {"config", "write", "append"}


def _directive(lines, at, case: Case) -> int:
    words = lines[at][1:].split()
    case.directives.append(words)
    if words and words[0] in WITH_TEXT:
        text = []
        at += 1
        while at < len(lines) and lines[at] != "@end":
            text.append(lines[at])
            at += 1
        if at == len(lines):
            raise Malformed(f"line {case.line}: @{words[0]} without @end")
        case.blocks[len(case.directives) - 1] = "\n".join(text) + "\n"
    return at + 1


def _strip_blank(lines):
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _answer(lines: list[str], first_line: int) -> Answer:
    lines = _strip_blank(list(lines))
    if not lines:
        raise Malformed(f"line {first_line}: an answer needs a status line")
    headers, at = [], 1
    while at < len(lines) and lines[at].strip():
        text = lines[at]
        if text.startswith("!"):
            headers.append(("!" + text[1:].strip().lower(), ""))
        else:
            name, colon, value = text.partition(":")
            if not colon:
                raise Malformed(f"line {first_line + at}: not a header: {text!r}")
            headers.append((name.strip().lower(), value.strip()))
        at += 1
    body = lines[at + 1:] if at + 1 < len(lines) else None
    return Answer(lines[0].strip(), headers, body, first_line)


def parse(path: pathlib.Path) -> Transcript:
    lines = path.read_text(encoding="utf-8").split("\n")
    setup = Case("setup", 1, [], {}, [], [])
    cases: list[Case] = []
    at = 0
    while at < len(lines) and not lines[at].startswith("# "):
        if lines[at].startswith("@"):
            at = _directive(lines, at, setup)
        elif lines[at].strip() and not lines[at].startswith("//"):
            raise Malformed(f"{path.name}:{at + 1}: text before the first case: {lines[at]!r}")
        else:
            at += 1
    while at < len(lines):
        case = Case(lines[at][2:].strip(), at + 1, [], {}, [], [])
        at += 1
        while at < len(lines) and (lines[at].startswith(("@", "//")) or not lines[at].strip()):
            at = _directive(lines, at, case) if lines[at].startswith("@") else at + 1
        start = at
        while at < len(lines) and not lines[at].startswith("# "):
            at += 1
        _sections(case, lines[start:at], start + 1)
        cases.append(case)
    return Transcript(path, setup, cases)


def _sections(case: Case, lines: list[str], first_line: int):
    sections, start = [], 0
    for i, text in enumerate(lines + ["----"]):
        if text == "----":
            sections.append((lines[start:i], first_line + start))
            start = i + 1
    case.request = _strip_blank(list(sections[0][0]))
    if case.request and len(sections) < 2:
        raise Malformed(f"line {case.line}: case '{case.title}' has no answer (----)")
    case.answers = [_answer(s, line) for s, line in sections[1:]]
