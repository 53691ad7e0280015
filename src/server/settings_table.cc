#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "server/settings.h"

namespace sluice::server {
namespace {

constexpr int64_t kDay = 86'400;              // s
constexpr int64_t kYear = 366 * kDay * 1000;  // ms

bool IsVisibleAscii(char byte) { return byte > ' ' && byte < '\x7f'; }

Status CheckToken(std::string_view text) {
  if (text.empty()) return Fail(Code::kInvalidArgument, "must not be empty");
  if (text.size() > 8192 || !std::ranges::all_of(text, IsVisibleAscii)) {
    return Fail(Code::kInvalidArgument,
                "must be 1 to 8192 visible ASCII characters without spaces, else no client can "
                "send it");
  }
  return {};
}

Status CheckHost(std::string_view text) {
  if (text.empty() || text.size() > 253 || !std::ranges::all_of(text, IsVisibleAscii) ||
      text.find('/') != std::string_view::npos) {
    return Fail(Code::kInvalidArgument,
                "must be a host name or an address without a port, like 'localhost' or '0.0.0.0'");
  }
  return {};
}

Status CheckPublicUrl(std::string_view text) {
  const bool web = text.starts_with("http://") || text.starts_with("https://");
  const size_t host = text.find("://") + 3;
  const bool bare = web && text.size() > host &&
                    text.find_first_of("/?#@ \t\r\n\"", host) == std::string_view::npos;
  if (bare) return {};
  return Fail(Code::kInvalidArgument, "must be scheme and host alone: https://share.example.com");
}

Status CheckEndpoint(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~/").find(c) != std::string_view::npos;
  };
  const bool sound = text.starts_with('/') && std::ranges::all_of(text, allowed) &&
                     text.find("//") == std::string_view::npos;
  if (sound && text.find("/.") == std::string_view::npos) return {};
  return Fail(
      Code::kInvalidArgument,
      "must be a path that begins with '/', of letters, digits, '-', '.', '_', '~' and '/'");
}

Status CheckLogLevel(std::string_view text) {
  if (log::ParseLevel(text).has_value()) return {};
  return Fail(Code::kInvalidArgument, "must be one of debug, info, warn, error, off");
}

Status CheckNotEmpty(std::string_view text) {
  if (!text.empty()) return {};
  return Fail(Code::kInvalidArgument, "must not be empty");
}

constexpr std::string_view kShares = "Shares";
constexpr std::string_view kAccess = "Who may come in";
constexpr std::string_view kListening = "Where the server listens";
constexpr std::string_view kAnswers = "Answers";
constexpr std::string_view kLogs = "Logs and keys";
constexpr std::string_view kLimits = "Limits of the HTTP server";
constexpr std::string_view kMemory = "Tables and memory";
constexpr std::string_view kIgnored = "Accepted without effect";

using S = Settings;

constexpr Setting kTable[] = {
    {.section = kShares,
     .key = "version",
     .kind = Kind::kWholeNumber,
     .least = 1,
     .most = 1,
     .text = "The format of this file. Must be there."},
    {.section = kShares, .key = "shares", .kind = Kind::kList, .text = "What is shared."},
    {.section = kShares,
     .key = "shares[].name",
     .text = "Name of the share: at most 255 characters, no space, '/' or control character."},
    {.section = kShares,
     .key = "shares[].schemas",
     .kind = Kind::kList,
     .text = "The schemas of the share."},
    {.section = kShares,
     .key = "shares[].schemas[].name",
     .text = "Name of the schema: as a share's, and no '.'."},
    {.section = kShares,
     .key = "shares[].schemas[].tables",
     .kind = Kind::kList,
     .text = "The tables of the schema."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].name",
     .text = "Name of the table: as a schema's."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].location",
     .text = "The folder of the Delta table: a path or file:///path. Never shown to a client."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].id",
     .text = "The table's id for clients. Left out: made from share, schema and table name, always "
             "the same."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].historyShared",
     .kind = Kind::kFlag,
     .initial = "false",
     .text = "Whether clients may read older versions, by number or by time."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].startVersion",
     .kind = Kind::kWholeNumber,
     .initial = "0",
     .text = "The oldest version that clients may name, where history is shared."},
    {.section = kShares,
     .key = "shares[].schemas[].tables[].cdfEnabled",
     .kind = Kind::kFlag,
     .no_effect = "it is the old name of historyShared: write that instead",
     .text = "Whether older versions may be read, in old files."},

    {.section = kAccess,
     .key = "authorization",
     .kind = Kind::kGroup,
     .text = "Left out: the server starts only with --insecure-no-auth."},
    {.section = kAccess,
     .key = "authorization.bearerToken",
     .kind = Kind::kSecret,
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
     .target = &S::ssl_certificate_file,
     .check = CheckNotEmpty,
     .text = "PEM file: the server's certificate, then its issuers."},
    {.section = kListening,
     .key = "ssl.certificateKeyFile",
     .target = &S::ssl_certificate_key_file,
     .check = CheckNotEmpty,
     .text = "PEM file: the certificate's private key."},
    {.section = kListening,
     .key = "ssl.certificatePasswordFile",
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
     .target = &S::query_table_page_token_ttl,
     .text = "How long a page token of a query is good."},
    {.section = kAnswers,
     .key = "refreshTokenTtlMs",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kMilliseconds,
     .initial = "3600000",
     .least = 1,
     .most = kYear,
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

    {.section = kLimits,
     .key = "maxConnections",
     .kind = Kind::kWholeNumber,
     .initial = "20000",
     .least = 1,
     .most = 1'000'000,
     .origin = Origin::kOurs,
     .target = &S::max_connections,
     .text = "Connections at once; more are closed at once."},
    {.section = kLimits,
     .key = "workers",
     .kind = Kind::kWholeNumber,
     .initial = "64",
     .least = 1,
     .most = 4096,
     .origin = Origin::kOurs,
     .target = &S::workers,
     .text = "The most threads that work on requests. They are started as they are needed."},
    {.section = kLimits,
     .key = "ioThreads",
     .kind = Kind::kWholeNumber,
     .initial = "0",
     .most = 1024,
     .origin = Origin::kOurs,
     .target = &S::io_threads,
     .text = "Threads that move bytes. 0: one a core."},
    {.section = kLimits,
     .key = "queueLimit",
     .kind = Kind::kWholeNumber,
     .initial = "4096",
     .least = 1,
     .most = 1'000'000,
     .origin = Origin::kOurs,
     .target = &S::queue_limit,
     .text = "Requests that wait for a worker; more are answered 503."},
    {.section = kLimits,
     .key = "maxHeaderBytes",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kBytes,
     .initial = "65536",
     .least = 4096,
     .most = 16'777'216,
     .origin = Origin::kOurs,
     .target = &S::max_header,
     .text = "The largest header of a request."},
    {.section = kLimits,
     .key = "maxBodyBytes",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kBytes,
     .initial = "2097152",
     .least = 4096,
     .most = 1'073'741'824,
     .origin = Origin::kOurs,
     .target = &S::max_body,
     .text = "The largest body of a request."},
    {.section = kLimits,
     .key = "headerTimeoutSeconds",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kSeconds,
     .initial = "10",
     .least = 1,
     .most = 3600,
     .origin = Origin::kOurs,
     .target = &S::header_timeout,
     .text = "Time from the first byte of a request to the end of its header."},
    {.section = kLimits,
     .key = "bodyTimeoutSeconds",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kSeconds,
     .initial = "30",
     .least = 1,
     .most = 3600,
     .origin = Origin::kOurs,
     .target = &S::body_timeout,
     .text = "Time from there to the end of its body."},
    {.section = kLimits,
     .key = "idleTimeoutSeconds",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kSeconds,
     .initial = "120",
     .least = 1,
     .most = kDay,
     .origin = Origin::kOurs,
     .target = &S::idle_timeout,
     .text = "How long a connection stays open between two requests."},
    {.section = kLimits,
     .key = "writeStallSeconds",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kSeconds,
     .initial = "30",
     .least = 1,
     .most = kDay,
     .origin = Origin::kOurs,
     .target = &S::write_stall,
     .text = "How long an answer may make no progress before its connection is closed."},
    {.section = kLimits,
     .key = "shutdownGraceSeconds",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kSeconds,
     .initial = "30",
     .most = kDay,
     .origin = Origin::kOurs,
     .target = &S::shutdown_grace,
     .text = "How long running answers may go on after the server was told to stop."},

    {.section = kMemory,
     .key = "snapshotCacheMb",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kMebibytes,
     .initial = "512",
     .most = 1'048'576,
     .origin = Origin::kOurs,
     .target = &S::snapshot_cache,
     .text = "Memory for the file lists of tables; the least recently used go first."},
    {.section = kMemory,
     .key = "waitersPerTable",
     .kind = Kind::kWholeNumber,
     .initial = "32",
     .least = 1,
     .most = 4096,
     .origin = Origin::kOurs,
     .target = &S::waiters_per_table,
     .text = "Requests that wait while one table is being read; more are answered 503."},
    {.section = kMemory,
     .key = "maxCommitMb",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kMebibytes,
     .initial = "512",
     .least = 1,
     .most = 65'536,
     .origin = Origin::kOurs,
     .target = &S::max_commit,
     .text = "The largest single commit of a table's log."},
    {.section = kMemory,
     .key = "engineMemoryMb",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kMebibytes,
     .initial = "2048",
     .least = 64,
     .most = 1'048'576,
     .origin = Origin::kOurs,
     .target = &S::engine_memory,
     .text = "The most memory for reading checkpoints."},
    {.section = kMemory,
     .key = "engineThreads",
     .kind = Kind::kWholeNumber,
     .initial = "0",
     .most = 1024,
     .origin = Origin::kOurs,
     .target = &S::engine_threads,
     .text = "Threads for reading checkpoints. 0: one a core."},
    {.section = kMemory,
     .key = "tempDirectory",
     .origin = Origin::kOurs,
     .target = &S::temp_directory,
     .check = CheckNotEmpty,
     .text =
         "A folder for checkpoints that do not fit in engineMemoryMb. Left out: such a table is "
         "an error."},

    {.section = kIgnored,
     .key = "temporaryCredentialValiditySeconds",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kSeconds,
     .initial = "3600",
     .no_effect = "this version hands out links to files, not temporary credentials",
     .text = "How long temporary credentials are good."},
    {.section = kIgnored,
     .key = "deltaTableCacheSize",
     .kind = Kind::kWholeNumber,
     .initial = "10",
     .no_effect = "the cache is limited in bytes: see snapshotCacheMb",
     .text = "How many tables are kept in memory."},
    {.section = kIgnored,
     .key = "stalenessAcceptable",
     .kind = Kind::kFlag,
     .initial = "false",
     .no_effect = "answers are always of the table's latest version; checking costs little",
     .text = "Whether an answer may be of an older version."},
    {.section = kIgnored,
     .key = "evaluatePredicateHints",
     .kind = Kind::kFlag,
     .initial = "false",
     .no_effect = "hints are accepted and not used yet: answers hold all files of the table",
     .text = "Whether SQL predicate hints leave out files."},
    {.section = kIgnored,
     .key = "evaluateJsonPredicateHints",
     .kind = Kind::kFlag,
     .initial = "true",
     .no_effect = "hints are accepted and not used yet: answers hold all files of the table",
     .text = "Whether JSON predicate hints leave out files."},
    {.section = kIgnored,
     .key = "evaluateJsonPredicateHintsV2",
     .kind = Kind::kFlag,
     .initial = "true",
     .no_effect = "hints are accepted and not used yet: answers hold all files of the table",
     .text = "Whether JSON predicate hints on all columns leave out files."},
};

}  // namespace

std::span<const Setting> AllSettings() { return kTable; }

}  // namespace sluice::server
