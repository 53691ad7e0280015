// pages/received/programs.ts -- how tools read a shared table. The activation page of the server says the same.

interface Program {
  name: string;
  install?: string;
  code: string;
}

// A name may have quotes in it; in a string of Python, R or SQL it must not end the string.
const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

export function programsFor(table: string): Program[] {
  const source = quoted(`config.share#${table}`);
  const source_path = quoted(`/path/to/config.share#${table}`);
  return [
    {
      name: "pandas",
      install: "pip install delta-sharing",
      code: `import delta_sharing\n\ndata = delta_sharing.load_as_pandas(${source})\nprint(data.head())`,
    },
    {
      name: "Spark",
      install: "pyspark --packages io.delta:delta-sharing-spark_2.12:3.1.0",
      code: `df = spark.read.format("deltaSharing").load(${source_path})\ndf.show()`,
    },
    {
      name: "DuckDB",
      install: "pip install delta-sharing duckdb",
      code: `import delta_sharing, duckdb\n\ndata = delta_sharing.load_as_pandas(${source})\nduckdb.sql("SELECT count(*) FROM data").show()`,
    },
    {
      name: "PostgreSQL with psql",
      install: 'pip install delta-sharing sqlalchemy "psycopg[binary]"',
      code: `import delta_sharing\n\ndata = delta_sharing.load_as_pandas(${source})\ndatabase = "postgresql+psycopg://localhost/DATABASE"\ndata.to_sql("shared", database, if_exists="replace", index=False)\n# then: psql DATABASE -c 'SELECT * FROM shared LIMIT 10'`,
    },
    {
      name: "R",
      code: `install.packages("reticulate")\nreticulate::py_require("delta-sharing")\nsharing <- reticulate::import("delta_sharing")\ndata <- sharing$load_as_pandas(${source})`,
    },
    {
      name: "Excel",
      install: "pip install delta-sharing openpyxl",
      code: `import delta_sharing\n\ndata = delta_sharing.load_as_pandas(${source}, limit=1000000)\ndata.to_excel("table.xlsx", index=False)`,
    },
  ];
}

interface Steps {
  name: string;
  steps: string[];
  link?: string;
}

export function stepsFor(endpoint: string): Steps[] {
  return [
    {
      name: "Power BI",
      steps: [
        "In Power BI Desktop choose Get data, search for Delta Sharing, and connect.",
        `As server URL paste ${endpoint}`,
        "As authentication choose the bearer token, and paste what stands behind bearerToken in your credential file.",
      ],
    },
    {
      name: "Tableau",
      steps: [
        "Get the Delta Sharing connector from Tableau Exchange.",
        `Connect with it, and give it your credential file; where it asks for an address, paste ${endpoint}`,
      ],
    },
  ];
}
