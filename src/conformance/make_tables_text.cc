// What stands beside the tables of the suite.
#include <fmt/format.h>

#include "conformance/make_tables.h"

namespace sluice::conformance {
namespace {

// Known to everybody who reads this: the sample configuration listens on this machine only.
constexpr std::string_view kToken = "only-for-the-conformance-suite";
constexpr std::string_view kEndpoint = "http://127.0.0.1:8080/delta-sharing";

// "shares:" of a configuration; `place` stands before each table's name.
std::string SharesText(const std::string& place) {
  std::string text = fmt::format("shares:\n- name: {}\n  schemas:\n  - name: {}\n    tables:\n",
                                 kMadeShare, kMadeSchema);
  for (const auto& table : MadeTables()) {
    text +=
        fmt::format("    - name: {}\n      location: \"{}/{}\"\n", table.name, place, table.name);
    if (table.history_shared) text += "      historyShared: true\n";
  }
  return text;
}

}  // namespace

std::string MadeReadme() {
  std::string text = fmt::format(
      R"text(# Tables of the Delta Sharing conformance suite

Made by `sluice conformance make-tables`. The suite knows their rows: do not change them. Each run of
the command writes the same tables again.

Share them as `{0}.{1}.<table>`, with their history except where the list says otherwise:

| table | what it shows | versions | history shared |
|---|---|---|---|
)text",
      kMadeShare, kMadeSchema);
  for (const auto& table : MadeTables()) {
    text += fmt::format("| `{}` | {} | {} | {} |\n", table.name, table.about, table.commits.size(),
                        table.history_shared ? "yes" : "no");
  }
  text += fmt::format(R"text(
A table that is not shared costs the checks that need it, which are reported as skipped; nothing else.

## With Sluice

    sluice serve --config sluice.yaml
    sluice conformance {0} --profile profile.share

`sluice.yaml` listens on this machine only, since its token is no secret.

## With another server

Servers read tables from where they can reach them. The command writes to a local folder; copy
`tables/` to a bucket as it is, file names unchanged, for example with

    aws s3 sync tables s3://YOUR-BUCKET/YOUR-FOLDER/tables

(some file names hold `%`, spaces and letters beyond ASCII: that is one of the things that are tested).
A copy may change the times of files. The checks allow for that: they learn the times of versions from
the server.

`reference-server.yaml` is the configuration of the reference server, with a place to fill in. Then
run the suite with a profile file for that server:

    sluice conformance https://HOST/delta-sharing --profile PROFILE
)text",
                      kEndpoint);
  return text;
}

std::string MadeSluiceConfig(const std::filesystem::path& dir) {
  return fmt::format(
             "# Serve it with: sluice serve --config {0}/sluice.yaml\n"
             "version: 1\n"
             "host: 127.0.0.1\n"
             "port: 8080\n"
             "endpoint: /delta-sharing\n"
             "cacheDirectory: \"off\"\n"
             "authorization:\n"
             "  bearerToken: \"{1}\"\n",
             dir.string(), kToken) +
         SharesText((dir / "tables").string());
}

std::string MadeReferenceConfig() {
  return fmt::format(
             "# For the reference server: put in your bucket, copy tables/ there, and give the "
             "server\n"
             "# its credentials.\n"
             "version: 1\n"
             "host: localhost\n"
             "port: 8080\n"
             "endpoint: /delta-sharing\n"
             "preSignedUrlTimeoutSeconds: 3600\n"
             "deltaTableCacheSize: 10\n"
             "stalenessAcceptable: false\n"
             "evaluatePredicateHints: true\n"
             "evaluateJsonPredicateHints: true\n"
             "authorization:\n"
             "  bearerToken: \"{}\"\n",
             kToken) +
         SharesText("s3a://YOUR-BUCKET/YOUR-FOLDER/tables");
}

std::string MadeProfile() {
  return fmt::format(
      "{{\n  \"shareCredentialsVersion\": 1,\n  \"endpoint\": \"{}\",\n  \"bearerToken\": "
      "\"{}\"\n}}\n",
      kEndpoint, kToken);
}

std::string MadeNextSteps(const std::filesystem::path& dir) {
  const std::string here = dir.string();
  return fmt::format(R"text(
Next, with Sluice:
  sluice serve --config {0}/sluice.yaml
  sluice conformance --profile {0}/profile.share
With another server: {0}/README.md says how to share them there.
)text",
                     here, kEndpoint);
}

}  // namespace sluice::conformance
