"""Runs in Spark's own Python (the standard library and .deps/spark): one Spark with Delta, which does what
it is told, a line of JSON each, until its standard input ends. tests/support/spark.py starts it.

    spark_writer.py ANSWERS FOLDER      ANSWERS: the file descriptor for answers, a line each

    {"sql": text}          -> {"columns": [[name, type], ...], "rows": [[cell, ...], ...]}
    {"checkpoint": folder} -> {}        a checkpoint of the newest version; old log files are cleaned up
    anything that fails    -> {"error": the first lines of the message}

Cells are as JSON has them; a cell of any other type is Spark's text of it, a variant {"metadata": hex,
"value": hex}.
"""
import base64
import datetime
import json
import os
import sys

from pyspark.sql import SparkSession
from pyspark.sql.types import Row, VariantVal

JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Duser.timezone=UTC"
DELTA = "spark.databricks.delta."


# Small tables: what takes time is starting, planning and compiling, not the rows.
def configuration(folder):
    return {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.local.dir": f"{folder}/local",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"{JVM} -Djava.io.tmpdir={folder}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",  # VACUUM's, 10000 otherwise
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        DELTA + "snapshotPartitions": "1",
        DELTA + "retentionDurationCheck.enabled": "false",
    }


def cell(value):
    if isinstance(value, VariantVal):
        return {"metadata": value.metadata.hex(), "value": value.value.hex()}
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, Row):
        return {k: cell(v) for k, v in value.asDict().items()}
    if isinstance(value, dict):
        return [[cell(k), cell(v)] for k, v in value.items()]
    if isinstance(value, list):
        return [cell(v) for v in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def run_sql(spark, text):
    frame = spark.sql(text)
    return {"columns": [[f.name, f.dataType.simpleString()] for f in frame.schema.fields],
            "rows": [[cell(v) for v in row] for row in frame.collect()]}


def run(spark, command):
    if "sql" in command:
        return run_sql(spark, command["sql"])
    log = spark._jvm.org.apache.spark.sql.delta.DeltaLog
    log.forTable(spark._jsparkSession, command["checkpoint"]).checkpoint()
    return {}


def main():
    answers, folder = os.fdopen(int(sys.argv[1]), "w"), sys.argv[2]
    builder = SparkSession.builder.master("local[2]").appName("writer")
    for key, value in configuration(folder).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    for line in sys.stdin:
        try:
            answer = run(spark, json.loads(line))
        except Exception as error:  # whatever it is, the test is told
            answer = {"error": str(error)[:2000]}
        print(json.dumps(answer), file=answers, flush=True)
    gateway = spark.sparkContext._gateway
    spark.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()  # which ends the process of Java
    gateway.proc.wait()


main()
