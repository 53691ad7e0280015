#include "sharing/next_steps.h"

#include <fmt/format.h>

#include "base/markup.h"

namespace sluice::sharing {
namespace {

// `words` are HTML, `code` is text; the one that is kEndpoint stands for where the server is.
struct Tool {
  std::string_view name;
  std::string_view words;
  std::string_view code;
};

constexpr std::string_view kEndpoint = "$ENDPOINT";

constexpr Tool kTools[] = {
    {"Python with pandas",
     "<p>In a terminal: <code>pip install delta-sharing</code>. Then, in Python, beside the "
     "file:</p>",
     R"(import delta_sharing

client = delta_sharing.SharingClient("config.share")
for table in client.list_all_tables():
    print(table.share, table.schema, table.name)

table = "config.share#SHARE.SCHEMA.TABLE"
data = delta_sharing.load_as_pandas(table))"},
    {"Apache Spark",
     "<p>Start Spark with the connector, for Spark 3.5: <code>pyspark --packages "
     "io.delta:delta-sharing-spark_2.12:3.1.0</code>. Then:</p>",
     R"(table = "/path/to/config.share#SHARE.SCHEMA.TABLE"
df = spark.read.format("deltaSharing").load(table)
df.show())"},
    {"Power BI",
     "<ol><li>Open the file in a text editor.</li><li>In Power BI Desktop choose <b>Get data</b>, "
     "search for <b>Delta Sharing</b>, and connect.</li><li>As server URL paste the address below; "
     "it "
     "is <code>endpoint</code> in the file.</li><li>As authentication choose the bearer token, and "
     "paste what stands behind <code>bearerToken</code>, without the quotes.</li></ol>",
     kEndpoint},
    {"Tableau",
     "<ol><li>Get the <b>Delta Sharing</b> connector from Tableau Exchange.</li><li>Connect with "
     "it, "
     "and give it the file; where it asks for them, paste the address below and what stands behind "
     "<code>bearerToken</code> in the file.</li></ol>",
     kEndpoint},
    {"Excel",
     "<p>Excel reads no shared table by itself; a few lines of Python make a workbook of one. In a "
     "terminal: <code>pip install delta-sharing openpyxl</code>. Then:</p>",
     R"(import delta_sharing

table = "config.share#SHARE.SCHEMA.TABLE"
data = delta_sharing.load_as_pandas(table, limit=1000000)
data.to_excel("table.xlsx", index=False))"},
    {"R", "<p>Through the Python client:</p>",
     R"(install.packages("reticulate")
reticulate::py_require("delta-sharing")
sharing <- reticulate::import("delta_sharing")
table <- "config.share#SHARE.SCHEMA.TABLE"
data <- sharing$load_as_pandas(table))"},
    {"DuckDB",
     "<p>In a terminal: <code>pip install delta-sharing duckdb</code>. Then, in Python:</p>",
     R"(import delta_sharing, duckdb

table = "config.share#SHARE.SCHEMA.TABLE"
data = delta_sharing.load_as_pandas(table)
duckdb.sql("SELECT count(*) FROM data").show())"},
    {"PostgreSQL with psql",
     "<p>A few lines of Python copy a table into your own database. In a terminal: <code>pip "
     "install delta-sharing sqlalchemy &quot;psycopg[binary]&quot;</code>. Then, in Python:</p>",
     R"(import delta_sharing

table = "config.share#SHARE.SCHEMA.TABLE"
data = delta_sharing.load_as_pandas(table)
database = "postgresql+psycopg://localhost/DATABASE"
data.to_sql("shared", database, if_exists="replace", index=False)
# then, in a terminal: psql DATABASE -c 'SELECT * FROM shared LIMIT 10')"},
};

std::string WithEndpoint(std::string_view code, std::string_view endpoint) {
  return Escaped(code == kEndpoint ? endpoint : code);
}

}  // namespace

std::string NextSteps(std::string_view endpoint) {
  std::string out =
      "<h2>Then: read the data</h2>\n<p>Choose your tool. SHARE, SCHEMA and TABLE stand for the "
      "names that the first lines of the Python example list.</p>\n";
  for (const Tool& tool : kTools) {
    fmt::format_to(
        std::back_inserter(out),
        "<details{}><summary>{}</summary><div>{}\n<pre tabindex=\"0\" aria-label=\"To copy: "
        "{}\"><code>{}</code></pre></div></details>\n",
        &tool == kTools ? " open" : "", tool.name, tool.words, tool.name,
        WithEndpoint(tool.code, endpoint));
  }
  return out;
}

}  // namespace sluice::sharing
