#!/usr/bin/env python3
"""tools/embed_folder.py FOLDER OUT.cc [--name kName] -- the files of a folder, to be compiled into a program.

Writes OUT.cc, a table of them (src/portal/files.h), and OUT.bin, their bytes one behind the other, which OUT.cc
takes in with .incbin. x.br and x.gz are encodings of x, where they are smaller. Files and folders whose name
begins with a dot are left out. A folder that is not there gives no files.
"""
import argparse
import hashlib
import pathlib
import re
import sys

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
ENCODINGS = (".gz", ".br")  # in the order of portal::File
PLAIN_PATH = re.compile(r"(/[A-Za-z0-9._-]+)+")

SOURCE = """\
// Made by tools/embed_folder.py: changes are lost.
#include <cstddef>

#include "portal/files.h"

asm(".pushsection .rodata\\n"
    ".global {label}\\n"
    ".hidden {label}\\n"
    ".balign 16\\n"
    "{label}:\\n"
    ".incbin \\"{bytes}\\"\\n"
    ".byte 0\\n"
    ".popsection\\n");

extern "C" const char {label}[];

namespace sluice::embedded {{
namespace {{

[[maybe_unused]] std::string_view Bytes(std::size_t from, std::size_t size) {{
  return {{{label} + from, size}};
}}
{table}
}}  // namespace

extern const portal::Files {name};
const portal::Files {name}{files};

}}  // namespace sluice::embedded
"""


def collect(folder):
    """{path: file} of what is embedded, "/a/b.js" -> folder/a/b.js."""
    found = {}
    for file in folder.rglob("*") if folder.is_dir() else ():
        inside = file.relative_to(folder)
        if not file.is_file() or any(part.startswith(".") for part in inside.parts):
            continue
        path = "/" + inside.as_posix()
        if not PLAIN_PATH.fullmatch(path):
            sys.exit(f"embed_folder: {file}: only letters, digits and ._- may be in a name")
        found[path] = file
    return found


def embed(folder, out, name):
    found = collect(folder)
    is_encoding = {p for p in found if p.endswith(ENCODINGS) and p.rsplit(".", 1)[0] in found}
    blob, rows = bytearray(), []

    def view(data):
        blob.extend(data)
        return f"Bytes({len(blob) - len(data)}, {len(data)})"

    # The bytes of a path compare in C++ as they do here.
    for path in sorted(found.keys() - is_encoding, key=str.encode):
        plain = found[path].read_bytes()
        kind = TYPES.get(pathlib.PurePosixPath(path).suffix, "application/octet-stream")
        tag = hashlib.sha256(plain).hexdigest()[:32]
        views = [view(plain)]
        for ending in ENCODINGS:
            data = found[path + ending].read_bytes() if path + ending in is_encoding else b""
            views.append(view(data) if 0 < len(data) < len(plain) else "{}")
        rows.append(f'    {{"{path}", "{kind}", "W/\\"{tag}\\"",\n     {", ".join(views)}}},\n')

    binary = out.with_suffix(".bin")
    table = f"\nconst portal::File kFiles[] = {{\n{''.join(rows)}}};\n" if rows else ""
    text = SOURCE.format(label=f"sluice_embedded_{name}", bytes=binary.resolve().as_posix(), name=name,
                         table=table, files="(kFiles)" if rows else "")
    out.parent.mkdir(parents=True, exist_ok=True)
    binary.write_bytes(blob)
    out.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--name", default="kWeb")
    arguments = parser.parse_args()
    embed(arguments.folder, arguments.out, arguments.name)


if __name__ == "__main__":
    main()
