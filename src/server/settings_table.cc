#include "server/settings_parts.h"

namespace sluice::server {
namespace {

constexpr std::string_view kShares = "Shares";
constexpr std::string_view kAccess = "Who may come in";
constexpr std::string_view kListening = "Where the server listens";
constexpr std::string_view kAnswers = "Answers";
constexpr std::string_view kLogs = "Logs and keys";

constexpr int64_t kDay = 86'400;              // s
constexpr int64_t kYear = 366 * kDay * 1000;  // ms

using S = Settings;

constexpr Setting kShareRows[] = {
    {.section = kShares,
     .key = "version",
     .kind = Kind::kWholeNumber,
     .least = 1,
     .most = 1,
     .text = "The format of this file. Must be there."},
    {.section = kShares,
     .key = "shares",
     .kind = Kind::kList,
     .applies = Applies::kAtOnce,
     .text = "What is shared."},
    {.section = kShares,
     .key = "shares[].name",
     .applies = Applies::kAtOnce,
     .text = "Name of the share: at most 255 characters, no space, '/' or control character."},
    {.section = kShares,
     .key = "shares[].schemas",
     .kind = Kind::kList,
     .applies = Applies::kAtOnce,
     .text = "The schemas of the share."},
    {.section = kShares,
     .key = "shares[].schemas[].name",
     .applies = Applies::kAtOnce,
     .text = "Name of the schema: as a share's, and no '.'."},
    {.section = kShares,
     .key = "shares[].schemas[].tables",
     .kind = Kind::kList,
     .applies = Applies::kAtOnce,
     .text = "The tables of the schema."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].name",
     .applies = Applies::kAtOnce,
     .text = "Name of the table: as a schema's."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].location",
     .applies = Applies::kAtOnce,
     .text = "The folder of the Delta table: a path or file:///path. Never shown to a client."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].id",
     .applies = Applies::kAtOnce,
     .text = "The table's id for clients. Left out: made from share, schema and table name, always "
             "the same."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].historyShared",
     .kind = Kind::kFlag,
     .initial = "false",
     .applies = Applies::kAtOnce,
     .text = "Whether clients may read older versions, by number or by time."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].startVersion",
     .kind = Kind::kWholeNumber,
     .initial = "0",
     .applies = Applies::kAtOnce,
     .text = "The oldest version that clients may name, where history is shared."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].cdfEnabled",
     .kind = Kind::kFlag,
     .no_effect = "it is the old name of historyShared: write that instead",
     .text = "Whether older versions may be read, in old files."},
    {.section = kShares,
     .key = "externalLocations",
     .kind = Kind::kList,
     .origin = Origin::kOurs,
     .applies = Applies::kAtOnce,
     .text =
         "Places where shared tables may refer to files outside of their own folders, as shallow "
         "clones do: /folder, file:///folder, s3://bucket or s3://bucket/folder. Left out: "
         "nowhere, and tables that do are refused."},
};

constexpr Setting kServingRows[] = {
    {.section = kAccess,
     .key = "authorization",
     .kind = Kind::kGroup,
     .applies = Applies::kAtOnce,
     .text = "Left out: the server starts only with --insecure-no-auth."},
    {.section = kAccess,
     .key = "authorization.bearerToken",
     .kind = Kind::kSecret,
     .applies = Applies::kAtOnce,
     .target = &S::bearer_token,
     .check = CheckToken,
     .text = "The token that clients send. Who has it may read everything that is shared."},

    {.section = kListening,
     .key = "host",
     .initial = "localhost",
     .target = &S::host,
     .check = CheckHost,
     .text = "The address to listen on; 0.0.0.0: all. The reference server listens on all, "
             "whatever this says."},
    {.section = kListening,
     .key = "port",
     .kind = Kind::kWholeNumber,
     .initial = "80",
     .most = 65'535,
     .target = &S::port,
     .text = "The port to listen on; 0: any free one."},
    {.section = kListening,
     .key = "endpoint",
     .initial = "/delta-sharing",
     .target = &S::endpoint,
     .check = CheckEndpoint,
     .text = "The path before all paths of the protocol."},
    {.section = kListening,
     .key = "publicUrl",
     .origin = Origin::kOurs,
     .applies = Applies::kAtOnce,
     .target = &S::public_url,
     .check = CheckPublicUrl,
     .text = "How clients reach the server, for the file links in answers, when something stands "
             "before it: https://share.example.com. Left out: the Host header of each request."},
    {.section = kListening, .key = "ssl", .kind = Kind::kGroup, .text = "Left out: plain HTTP."},
    {.section = kListening,
     .key = "ssl.selfSigned",
     .kind = Kind::kFlag,
     .initial = "false",
     .target = &S::ssl_self_signed,
     .text = "A certificate made at start, for trying things out; the files below are then not "
             "read."},
    {.section = kListening,
     .key = "ssl.certificateFile",
     .applies = Applies::kAtOnce,
     .target = &S::ssl_certificate_file,
     .check = CheckNotEmpty,
     .text = "PEM file: the server's certificate, then its issuers."},
    {.section = kListening,
     .key = "ssl.certificateKeyFile",
     .applies = Applies::kAtOnce,
     .target = &S::ssl_certificate_key_file,
     .check = CheckNotEmpty,
     .text = "PEM file: the certificate's private key."},
    {.section = kListening,
     .key = "ssl.certificatePasswordFile",
     .applies = Applies::kAtOnce,
     .target = &S::ssl_certificate_password_file,
     .check = CheckNotEmpty,
     .text = "File with the password of the private key, when it has one."},

    {.section = kAnswers,
     .key = "preSignedUrlTimeoutSeconds",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kSeconds,
     .initial = "3600",
     .least = 1,
     .most = 7 * kDay,
     .applies = Applies::kAtOnce,
     .target = &S::pre_signed_url_timeout,
     .text = "How long a link to a data file is good."},
    {.section = kAnswers,
     .key = "requestTimeoutSeconds",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kSeconds,
     .initial = "30",
     .most = kDay,
     .target = &S::request_timeout,
     .text = "Time from the whole request to the first byte of its answer; then 503. 0: no limit."},
    {.section = kAnswers,
     .key = "queryTablePageSizeLimit",
     .kind = Kind::kWholeNumber,
     .initial = "10000",
     .least = 1,
     .most = 1'000'000'000,
     .applies = Applies::kAtOnce,
     .target = &S::query_table_page_size_limit,
     .text =
         "The most files on one page, when a client asks for pages (maxFiles). Answers are never "
         "cut for a client that does not ask."},
    {.section = kAnswers,
     .key = "queryTablePageTokenTtlMs",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kMilliseconds,
     .initial = "259200000",
     .least = 1,
     .most = kYear,
     .applies = Applies::kAtOnce,
     .target = &S::query_table_page_token_ttl,
     .text = "How long a page token of a query is good."},
    {.section = kAnswers,
     .key = "refreshTokenTtlMs",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kMilliseconds,
     .initial = "3600000",
     .least = 1,
     .most = kYear,
     .applies = Applies::kAtOnce,
     .target = &S::refresh_token_ttl,
     .text = "How long a refresh token is good."},

    {.section = kLogs,
     .key = "accessLog",
     .initial = "-",
     .origin = Origin::kOurs,
     .target = &S::access_log,
     .check = CheckNotEmpty,
     .text =
         "Where a JSON line for each request goes: '-' standard output, 'off', or a file that is "
         "appended to."},
    {.section = kLogs,
     .key = "logLevel",
     .initial = "info",
     .origin = Origin::kOurs,
     .applies = Applies::kAtOnce,
     .target = &S::log_level,
     .check = CheckLogLevel,
     .text = "The least important messages of the server's own log on standard error: debug, info, "
             "warn, error or off."},
    {.section = kLogs,
     .key = "masterKeyFile",
     .origin = Origin::kOurs,
     .target = &S::master_key_file,
     .check = CheckNotEmpty,
     .text =
         "File of 32 random bytes (head -c 32 /dev/urandom), mode 0600, from which all keys are "
         "derived. Left out: SLUICE_MASTER_KEY in the environment (64 hex digits), else a key "
         "made at start: links and page tokens then end with the process."},
    {.section = kLogs,
     .key = "coreDumps",
     .kind = Kind::kFlag,
     .initial = "false",
     .origin = Origin::kOurs,
     .target = &S::core_dumps,
     .text = "Whether core dumps hold the process's memory, secrets too. Without it they hold none "
             "of it."},
};

}  // namespace

std::span<const Setting> AllSettings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> rows;
    const std::span<const Setting> parts[] = {kShareRows, StoreSettings(), kServingRows,
                                              LimitSettings()};
    for (const auto& part : parts) rows.insert(rows.end(), part.begin(), part.end());
    return rows;
  }();
  return all;
}

}  // namespace sluice::server
