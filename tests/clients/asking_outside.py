"""Requests for the tables from outside, to the server of the fixture `outside`."""
import json

import delta_sharing
import requests

from outside_tables import ZONE_DEPENDENT

DELTA = "responseformat=delta;readerfeatures=deletionvectors,columnmapping,timestampntz"


def url(server, table):
    return f"{server.profile}#all.{table}"


def api(server, table, operation):
    schema, name = table.split(".")
    return f"{server.url}/shares/all/schemas/{schema}/tables/{name}/{operation}"


def headers(server, capabilities=DELTA):
    return {"Authorization": "Bearer " + server.token, "delta-sharing-capabilities": capabilities}


def lines(answer):
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.content.decode().split("\n") if line]


def query(server, table, body=None, capabilities=DELTA):
    return requests.post(api(server, table, "query"), json=body or {}, headers=headers(server, capabilities),
                         timeout=60)


def load(server, table, rows, **how):
    """The client's frame; None where it cannot give one for a table without rows in delta format."""
    try:
        frame = delta_sharing.load_as_pandas(url(server, table), **how)
    except ValueError as error:
        if rows is None or rows.num_rows or "Must pass schema" not in str(error):
            raise
        return None
    return frame.drop(columns=list(ZONE_DEPENDENT.get(table, ())))
