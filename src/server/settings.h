// server/settings.h -- every key of the configuration file, in one table.
//
// From this table come the defaults, the checks of types and ranges, the unknown-key check, `sluice
// help settings` and docs/guide/settings.md. A setting is added by a member of Settings and a row
// of the table (settings_table*.cc), and nowhere else.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::server {

// What the server was told. The members have no defaults here: DefaultSettings gives them.
struct Settings {
  // Who may come in. Empty: nobody is asked for a token.
  std::string bearer_token;

  // Where we listen.
  std::string host;
  uint16_t port;
  std::string endpoint;                      // "/delta-sharing"; empty: the root
  std::string public_url;                    // "https://share.example.com"; empty: from the request
  std::vector<std::string> trusted_proxies;  // addresses and networks
  std::string forwarded_header;              // "X-Forwarded-For" or "Forwarded"
  bool ssl_self_signed;
  std::string ssl_certificate_file;
  std::string ssl_certificate_key_file;
  std::string ssl_certificate_password_file;

  // Answers.
  Millis pre_signed_url_timeout;         // read by LinkLifetime
  Millis temporary_credential_validity;  // read by CredentialLifetime
  Millis request_timeout;                // 0: none
  uint64_t query_table_page_size_limit;
  bool evaluate_predicate_hints;
  bool evaluate_json_predicate_hints;
  bool evaluate_json_predicate_hints_v2;
  Millis query_table_page_token_ttl;
  Millis refresh_token_ttl;
  Millis async_query_ttl;
  uint64_t async_queries_per_recipient;
  uint64_t async_query_threads;

  // The portal.
  bool portal_enabled;
  Millis session_lifetime;

  // Logs and keys.
  std::string access_log;  // as log::OpenLineSink takes it
  std::string log_level;   // as log::ParseLevel takes it
  std::string master_key_file;
  std::string database_url;  // of PostgreSQL, with a catalog; empty: a file of the data directory
  bool core_dumps;

  uint64_t audit_retention_days;  // 0: for ever

  // Notifications, with a catalog.
  std::string notify_smtp_url;  // empty: no mail
  std::string notify_from;
  std::string notify_smtp_user;
  std::string notify_smtp_password_file;
  bool notify_allow_private_targets;
  uint64_t notify_first_notice_hours;
  uint64_t notify_last_notice_hours;
  Millis notify_table_poll;

  // Limits of the HTTP server, as in net::ServerOptions.
  uint64_t max_connections;
  uint64_t queue_limit;
  uint64_t workers;
  uint64_t io_threads;  // 0: one a core
  ByteCount max_header;
  ByteCount max_body;
  Millis header_timeout;
  Millis body_timeout;
  Millis idle_timeout;
  Millis write_stall;
  Millis shutdown_grace;
  uint64_t requests_per_second;  // of one caller; 0: no limit
  uint64_t request_burst;
  uint64_t files_per_second;  // as requests_per_second, of file links

  // Tables and memory, as in delta::SnapshotLimits and engine::EngineOptions.
  ByteCount snapshot_cache;
  uint64_t waiters_per_table;
  ByteCount max_commit;
  ByteCount engine_memory;
  uint64_t engine_threads;     // 0: one a core
  std::string temp_directory;  // empty: none

  // Stores in buckets, as in storage::StoreLimits, and the cache on disk.
  Millis store_connect_timeout;
  Millis store_attempt_timeout;
  Millis store_timeout;
  Millis store_retry_window;
  uint64_t store_max_requests;
  std::string cache_directory;  // empty: as the environment says; "off": none
  ByteCount cache_size;
};

enum class Kind { kText, kSecret, kWholeNumber, kFlag, kGroup, kList };
enum class Origin { kReference, kOurs };
// When a change of the file takes effect while the server runs.
enum class Applies { kNextStart, kAtOnce };
enum class Unit { kNone, kHours, kSeconds, kMilliseconds, kBytes, kMebibytes };

// Where a value goes; durations and sizes are converted from the row's unit.
using Target =
    std::variant<std::monostate, std::string Settings::*, bool Settings::*, uint16_t Settings::*,
                 uint64_t Settings::*, Millis Settings::*, ByteCount Settings::*,
                 std::vector<std::string> Settings::*>;  // the last of a list of texts

// One row of the table.
struct Setting {
  std::string_view section;  // the heading in help and docs
  std::string_view key;      // "ssl.certificateFile"; below a list "shares[].name"
  Kind kind = Kind::kText;
  Unit unit = Unit::kNone;
  std::string_view initial{};  // the default as the file would say it; empty: none
  int64_t least = 0;           // of a whole number, in `unit`
  int64_t most = std::numeric_limits<int64_t>::max();
  Origin origin = Origin::kReference;
  Applies applies = Applies::kNextStart;
  Target target{};
  // What else a text must be, or each entry of a list of texts; the error's message goes behind
  // "'key': ". Null: nothing.
  Status (*check)(std::string_view text) = nullptr;
  std::string_view no_effect{};  // why the key is accepted but ignored; empty: it has an effect
  std::string_view text{};       // for people
};

// In the order of the docs; a group stands before its keys.
std::span<const Setting> AllSettings();

// Null: nobody knows this key.
const Setting* FindSetting(std::string_view key);

// The known key nearest to an unknown `key` (one segment) under `group` ("" at the top), in full,
// when one is near enough to be meant; a key of this name elsewhere counts too.
std::optional<std::string> NearestKey(std::string_view group, std::string_view key);

// The defaults of all rows.
Settings DefaultSettings();

// How long links to files, and keys of directory access, are good. Where nothing was said (0): an
// hour, as the reference server has it; a quarter of one with a catalog: they outlive what it takes
// back from single recipients.
std::chrono::seconds LinkLifetime(const Settings& settings, bool with_catalog);
std::chrono::seconds CredentialLifetime(const Settings& settings, bool with_catalog);

// Gives `running` what `wanted` says of all rows that apply at once. Returns the keys of the others
// that differ: they keep their value until the next start.
std::vector<std::string_view> TakeLive(Settings& running, const Settings& wanted);

// Errors of these: kInvalidArgument  the message names the key and what is allowed; it never
// repeats a secret. `text` is the scalar as it stands in the file or on the command line.
Result<int64_t> ParseWholeNumber(const Setting& setting, std::string_view text);
Result<bool> ParseFlag(const Setting& setting, std::string_view text);
Status CheckText(const Setting& setting, std::string_view text);
// Sets the row's target; a row without one is only checked. Of a list, appends an entry.
Status Assign(Settings& settings, const Setting& setting, std::string_view text);

// `sluice help settings`, and docs/guide/settings.md.
std::string RenderSettingsText();
std::string RenderSettingsMarkdown();

// The word of `words` that `word` was likely meant to be: at most a third of the letters differ.
std::optional<std::string_view> NearestWord(std::string_view word,
                                            std::span<const std::string_view> words);

// For a message to a terminal. Printable replaces control characters; Shown quotes and cuts, too.
std::string Printable(std::string_view text);
std::string Shown(std::string_view text);

}  // namespace sluice::server
