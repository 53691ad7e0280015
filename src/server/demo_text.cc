#include "server/demo_text.h"

#include <fmt/format.h>
#include <unistd.h>

namespace sluice::server {

std::string DemoProfileText(const std::string& endpoint, const std::string& token) {
  return fmt::format(
      "{{\n  \"shareCredentialsVersion\": 1,\n  \"endpoint\": \"{}/\",\n  \"bearerToken\": "
      "\"{}\"\n}}\n",
      endpoint, token);
}

std::string DemoNextSteps(const std::string& url, const std::string& endpoint,
                          const std::filesystem::path& dir) {
  const std::string here = dir.string();
  return fmt::format(R"text(
Serving at {0}
The portal: open {2}/ in a browser on this machine and sign in
  with the token in {1}/data/admin-token, as who shares;
  with the file {1}/lumen-analytics.share, as a recipient.
Try, in another terminal:

  # curl
  curl -s -H "Authorization: Bearer $(cat {1}/partner.token)" {0}/shares/retail/all-tables

  # pandas (pip install delta-sharing): everything, and what "europe" gets of the same table
  python3 -c 'import delta_sharing as ds; print(ds.load_as_pandas("{1}/partner.share#retail.sales.orders", limit=5))'
  python3 -c 'import delta_sharing as ds; print(ds.load_as_pandas("{1}/europe.share#regional.sales.orders", limit=5))'

  # DuckDB, on the links of an answer
  curl -s -H "Authorization: Bearer $(cat {1}/partner.token)" -H "Content-Type: application/json" -d '{{}}' \
    {0}/shares/retail/schemas/sales/tables/customers/query |
    sed -n 's/.*"url":"\([^"]*\)".*/\1/p' | head -1 | xargs curl -s -o customers.parquet &&
    duckdb -c "SELECT country, count(*) FROM 'customers.parquet' GROUP BY ALL ORDER BY ALL"

  # databricks-sdk, the administrator's side (pip install databricks-sdk): who gets what, and who read what
  DATABRICKS_HOST={2} DATABRICKS_TOKEN=$(cat {1}/data/admin-token) \
    python3 -c 'from databricks.sdk import WorkspaceClient; print(*WorkspaceClient().recipients.list(), sep="\n")'
  curl -s -H "Authorization: Bearer $(cat {1}/data/admin-token)" {2}/api/2.1/sluice/audit-summary

Ctrl-C stops it. Again without the demo:
  sluice serve --data {1}/data --listen {3} --local-root {1}/tables --local-root {1}/live
)text",
                     endpoint, here, url, url.substr(url.find("//") + 2));
}

std::string Grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

bool IsTerminal(std::FILE* stream) { return ::isatty(::fileno(stream)) == 1; }

}  // namespace sluice::server
