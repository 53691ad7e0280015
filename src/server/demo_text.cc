#include "server/demo_text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/encoding.h"

namespace sluice::server {

std::string Base64UrlToken(Random& random) { return Base64Url(random.Bytes(32)); }

std::string DemoConfigText(const std::filesystem::path& dir, const std::string& token,
                           uint16_t port) {
  struct DemoTable {
    std::string_view schema;
    std::string_view name;
  };
  constexpr std::array<DemoTable, 4> kTables = {
      {{"sales", "customers"}, {"sales", "products"}, {"sales", "orders"}, {"web", "events"}}};
  std::string text = fmt::format(
      "{}\n"
      "# Serve it again with: sluice serve --config {}/sluice.yaml\n"
      "version: 1\n"
      "host: 127.0.0.1\n"
      "port: {}\n"
      "endpoint: /delta-sharing\n"
      "accessLog: \"{}/access.log\"\n"
      "cacheDirectory: \"off\"\n"
      "authorization:\n"
      "  bearerToken: \"{}\"\n"
      "shares:\n"
      "- name: retail\n"
      "  schemas:\n",
      kDemoMark, dir.string(), port, dir.string(), token);
  std::string_view schema;
  for (const DemoTable& table : kTables) {
    if (table.schema != schema) text += fmt::format("  - name: {}\n    tables:\n", table.schema);
    schema = table.schema;
    text +=
        fmt::format("    - name: {}\n      location: \"{}/tables/{}\"\n      historyShared: true\n",
                    table.name, dir.string(), table.name);
  }
  return text;
}

std::string DemoProfileText(const std::string& endpoint, const std::string& token) {
  return fmt::format(
      "{{\n  \"shareCredentialsVersion\": 1,\n  \"endpoint\": \"{}/\",\n  \"bearerToken\": "
      "\"{}\"\n}}\n",
      endpoint, token);
}

std::string DemoNextSteps(const std::string& endpoint, const std::filesystem::path& dir) {
  const std::string here = dir.string();
  return fmt::format(R"text(
Serving at {0}
Try, in another terminal:

  # curl
  curl -s -H "Authorization: Bearer $(cat {1}/token)" {0}/shares/retail/all-tables

  # pandas (pip install delta-sharing)
  python3 -c 'import delta_sharing as ds
  print(ds.load_as_pandas("{1}/demo.share#retail.sales.orders", limit=5))'

  # DuckDB, on the links of an answer
  curl -s -H "Authorization: Bearer $(cat {1}/token)" -H "Content-Type: application/json" -d '{{}}' \
    {0}/shares/retail/schemas/sales/tables/customers/query |
    sed -n 's/.*"url":"\([^"]*\)".*/\1/p' | head -1 | xargs curl -s -o customers.parquet &&
    duckdb -c "SELECT country, count(*) FROM 'customers.parquet' GROUP BY ALL ORDER BY ALL"

Ctrl-C stops it.
)text",
                     endpoint, here);
}

bool IsTerminal(std::FILE* stream) { return ::isatty(::fileno(stream)) == 1; }

}  // namespace sluice::server
