#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/metrics.h"
#include "delta/file_places.h"
#include "delta/snapshots.h"
#include "engine/engine.h"
#include "server/cache_directory.h"
#include "server/check_files.h"
#include "server/check_report.h"
#include "server/commands.h"
#include "server/config.h"
#include "server/master_key.h"
#include "server/operator_file.h"
#include "server/services.h"

namespace sluice::server {
namespace {

// A line on standard error that is written over while the work goes on; nothing where nobody looks.
class Progress {
 public:
  explicit Progress(size_t total) : total_(total), shown_(::isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void Next(std::string name) {
    ++done_;
    name_ = std::move(name);
    Tell({});
  }
  // How far the work on this one is.
  void Tell(std::string_view how_far) const {
    if (!shown_) return;
    fmt::print(stderr, "\r\x1b[Kreading {} of {}: {}{}", done_, total_, name_, how_far);
    std::fflush(stderr);
  }

 private:
  size_t total_;
  size_t done_ = 0;
  std::string name_;
  bool shown_;
};

// Reads the tables of a configuration one after the other.
class TableReader {
 public:
  TableReader(delta::Snapshots& snapshots, const delta::ExternalLocations& external,
              Progress& progress, bool files, Millis lifetime)
      : snapshots_(snapshots),
        external_(external),
        progress_(progress),
        files_(files),
        lifetime_(std::chrono::duration_cast<std::chrono::seconds>(lifetime)) {}

  TableReport Read(const catalog::ShareEntry& share, const catalog::SchemaEntry& schema,
                   const catalog::TableEntry& table) {
    TableReport report{.share = share.name,
                       .schema = schema.name,
                       .table = table.name,
                       .location = table.location};
    progress_.Next(share.name + '.' + schema.name + '.' + table.name);
    const Status read = ReadInto(report);
    if (!read.has_value()) {
      report.error = Explain(read.error());
    } else if (!table.directory.empty()) {
      report.directory = true;
      report.directory_fault = TryVending(report.location);
    }
    if (read.has_value() && table.start_version > report.version) {
      report.error = fmt::format("startVersion is {}, but the latest version is {}",
                                 table.start_version, report.version);
    }
    return report;
  }

 private:
  Status ReadInto(TableReport& report) {
    const auto snapshot = TRY(snapshots_.Latest(report.location));
    TRY(external_.UsedBy(*snapshot, report.location));
    report.version = snapshot->version();
    report.files = snapshot->num_files();
    report.size = snapshot->size();
    report.delta_only_because = snapshot->advanced().Names();
    if (!files_) return {};
    // A table may be shared under several names.
    auto& checked = checked_[report.location];
    if (!checked.has_value()) {
      const auto open = [this](const std::string& location) { return snapshots_.Store(location); };
      checked = CheckTableFiles(*snapshot, {report.location, external_, open},
                                [this](std::string_view what, uint64_t done, uint64_t total) {
                                  progress_.Tell(fmt::format(", {}: {} of {}", what, done, total));
                                });
    }
    report.checked = checked;
    return {};
  }

  // As for a recipient; the keys are thrown away. Empty: it works.
  std::string TryVending(const std::string& location) {
    const auto [known, is_new] = vended_.try_emplace(location);
    if (!is_new) return known->second;
    const auto vend = [&]() -> Status {
      const auto snapshot = TRY(snapshots_.Latest(location));
      if (snapshot->num_outside() > 0) {
        return Fail(Code::kUnsupported, "its log names files by absolute paths");
      }
      const auto store = TRY(snapshots_.Store(location));
      if (store->vendor() == nullptr) return Fail(Code::kInternal, "the store lends no keys");
      TRY(store->vendor()->Vend("sluice check", lifetime_));
      return {};
    };
    const Status tried = vend();
    if (!tried.has_value()) known->second = Explain(tried.error());
    return known->second;
  }

  delta::Snapshots& snapshots_;
  const delta::ExternalLocations& external_;
  Progress& progress_;
  const bool files_;
  const std::chrono::seconds lifetime_;                        // of keys for directory access
  std::map<std::string, std::optional<FilesReport>> checked_;  // by location
  std::map<std::string, std::string> vended_;                  // by location
};

std::vector<TableReport> ReadTables(const Config& config, bool files) {
  const Settings& settings = config.settings;
  engine::Engine engine(EngineOptionsOf(settings));
  const SystemClock clock;
  Metrics metrics;
  SecureRandom random;
  const auto cache = OpenDiskCache(config, storage::ProcessEnvironment(), metrics);
  storage::Stores stores({clock, random, metrics, StoreLimitsOf(settings), cache.get()});
  stores.Configure(config.storage_rules);
  delta::Snapshots snapshots(stores, engine.checkpoint_reader(), clock, metrics,
                             SnapshotLimitsOf(settings));
  const delta::ExternalLocations external(config.external_locations);

  size_t total = 0;
  for (const auto& share : config.shares) {
    for (const auto& schema : share.schemas) total += schema.tables.size();
  }
  Progress progress(total);
  TableReader reader(snapshots, external, progress, files, CredentialLifetime(settings, false));
  std::vector<TableReport> reports;
  reports.reserve(total);
  for (const auto& share : config.shares) {
    for (const auto& schema : share.schemas) {
      for (const auto& table : schema.tables) reports.push_back(reader.Read(share, schema, table));
    }
  }
  return reports;
}

// What the file names besides tables: keys and certificates.
std::vector<std::string> CheckFiles(const Settings& settings) {
  std::vector<std::string> problems;
  SecureRandom random;
  const auto key = LoadMasterKey(settings.master_key_file, std::getenv(kMasterKeyVariable), random);
  if (!key.has_value()) problems.push_back(key.error().message);
  if (settings.ssl_self_signed) return problems;
  for (const std::string& path : {settings.ssl_certificate_file, settings.ssl_certificate_key_file,
                                  settings.ssl_certificate_password_file}) {
    if (path.empty()) continue;
    const auto file = ReadOperatorFile(path, MiB(16));
    if (!file.has_value()) problems.push_back(file.error().message);
  }
  return problems;
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

int RunCheck(const CheckCommand& command) {
  CheckReport report{.config_path = command.config_path};
  auto config =
      LoadConfig(command.config_path,
                 command.insecure_no_auth ? Authorization::kMayBeAbsent : Authorization::kRequired);
  if (config.has_value()) {
    report.warnings = config->warnings;
    report.problems = CheckFiles(config->settings);
    if (report.problems.empty()) report.tables = ReadTables(*config, command.files);
  } else {
    report.problems = Lines(config.error().message);
  }
  if (command.json) {
    fmt::print("{}", RenderCheckJson(report));
    return ExitCode(report);
  }
  for (const std::string& problem : report.problems) fmt::print(stderr, "{}\n", problem);
  for (const std::string& warning : report.warnings) fmt::print(stderr, "warning: {}\n", warning);
  if (report.problems.empty()) fmt::print("{}", RenderCheckText(report));
  return ExitCode(report);
}

}  // namespace sluice::server
