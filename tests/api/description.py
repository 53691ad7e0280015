"""The API descriptions in api/, as plain Python."""
import functools
import pathlib
import re

import yaml

API = pathlib.Path(__file__).resolve().parents[2] / "api"
METHODS = ("get", "head", "post", "put", "patch", "delete")


@functools.cache
def load(name: str) -> dict:
    return yaml.safe_load((API / f"{name}.yaml").read_text(encoding="utf-8"))


def operations(name: str):
    """(METHOD, path, operation) of every operation."""
    for path, item in load(name)["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def shape(path: str) -> str:
    """The path without the names of its parameters, which nobody sees."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def resolve(name: str, node):
    """What a $ref stands for."""
    while "$ref" in node:
        target = load(name)
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def request_schema(operation: dict) -> dict | None:
    if "requestBody" not in operation:
        return None
    return resolve("unity", operation["requestBody"]["content"]["application/json"]["schema"])


def answer_schema(operation: dict) -> dict | None:
    answer = next((a for s, a in operation["responses"].items() if s.startswith("2")), {})
    content = answer.get("content")
    return resolve("unity", content["application/json"]["schema"]) if content else None


def parameters(operation: dict, where: str) -> dict[str, dict]:
    """{name: parameter} of those in the path, or in the query."""
    found = (resolve("unity", p) for p in operation.get("parameters", []))
    return {p["name"]: p for p in found if p["in"] == where}
