// store_faults -- reads tables through a store that misbehaves, thousands of times.
//
// Each run has a seed: from it come the table, how likely faults are and which kinds. The table is
// opened cold, then asked again (warm), then at an older version, and asked a last time when the
// store is well again. What must hold in every run:
//   - an answer is the right one: the files that are read without faults
//   - a failure is kUnavailable, or kPermissionDenied where a refusal was injected
//   - nothing takes longer than the limits allow
//   - a store that is well again is read again
// A run that breaks this is printed with its seed, and the exit code is 1.
//
//   store_faults --runs 2000 [--seed 1] [--threads 8] [--tables DIR]...
//   store_faults --runs 2000 --upstream 9000 --bucket lake --key AKID --secret S --tables DIR
//
// Tables are the folders below DIR that have a _delta_log. With --upstream a server at that port of
// 127.0.0.1 holds them already, at BUCKET/<name of the folder>; else one in this process does.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "base/log.h"
#include "delta/snapshots.h"
#include "engine/engine.h"
#include "net/testing/fault_proxy.h"
#include "storage/stores.h"
#include "storage/testing/fake_s3.h"
#include "storage/testing/temp_folder.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using net::testing::Fault;
using net::testing::FaultPlan;
using net::testing::FaultProxy;
using storage::testing::FakeS3;
using storage::testing::TempFolder;
using Steady = std::chrono::steady_clock;

struct Options {
  int runs = 1000;
  uint64_t seed = 1;
  unsigned threads = 8;
  uint16_t upstream = 0;
  std::string bucket = "lake";
  std::string key = "AKID";
  std::string secret = "secret";
  std::vector<std::string> tables;
};

// Shorter than a server's, so that thousands of runs end: what is tested is that they hold.
storage::StoreLimits Limits() {
  storage::StoreLimits limits;
  limits.connect_timeout = Millis(500);
  limits.attempt_timeout = Millis(1'000);
  limits.total_timeout = Millis(3'000);
  limits.retry_window = Millis(1'500);
  limits.first_backoff = Millis(5);
  limits.longest_backoff = Millis(50);
  limits.breaker_pause = Millis(100);
  limits.parallel_reads = 8;
  return limits;
}

// A load makes several calls to the store, one after the other; each is over after its total.
constexpr Millis kLongestCall{15'000};

// What a version of a table holds, as one text.
Result<std::string> Describe(const delta::Snapshot& snapshot) {
  std::string text = fmt::format("{} {}\n", snapshot.version(), snapshot.metadata().schema_string);
  delta::FileCursor files = snapshot.Files();
  while (const delta::FileEntry* file = TRY(files.Next())) {
    text += fmt::format("{} {} {} {} {}\n", file->path, file->size, file->partition_values,
                        file->stats.value_or("-"),
                        file->deletion_vector ? file->deletion_vector->UniqueId() : "-");
  }
  return text;
}

// Everything that reads tables from one endpoint.
class ReaderOfTables {
 public:
  ReaderOfTables(const Options& options, uint16_t port, const engine::Engine& engine,
                 storage::DiskCache* cache)
      : stores_({.clock = clock_,
                 .random = random_,
                 .metrics = metrics_,
                 .limits = Limits(),
                 .cache = cache,
                 .environment = [](const std::string&) { return std::nullopt; }}),
        snapshots_(stores_, engine.checkpoint_reader(), clock_, metrics_, {}) {
    storage::StoreRule rule;
    rule.name = "faulty";
    rule.prefix = "s3://" + options.bucket;
    rule.s3.endpoint = fmt::format("http://127.0.0.1:{}", port);
    rule.s3.region = "us-east-1";
    rule.s3.proxy = "none";
    rule.s3.credentials.source = storage::S3CredentialOptions::Source::kStatic;
    rule.s3.credentials.access_key_id = options.key;
    rule.s3.credentials.secret_access_key = options.secret;
    stores_.Configure({rule});
  }

  Result<std::string> Latest(const std::string& location) {
    return Describe(*TRY(snapshots_.Latest(location)));
  }
  Result<std::string> At(const std::string& location, delta::Version version) {
    return Describe(*TRY(snapshots_.At(location, version)));
  }

 private:
  SystemClock clock_;
  SecureRandom random_;
  Metrics metrics_;
  storage::Stores stores_;
  delta::Snapshots snapshots_;
};

struct Table {
  std::string location;
  std::string latest;  // Describe
  delta::Version older_version = -1;
  std::string older;
};

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A table of 40 commits without a checkpoint: the one that is always there.
void MakeTable(const fs::path& folder) {
  fs::create_directories(folder / "_delta_log");
  for (int version = 0; version < 40; ++version) {
    std::ofstream out(folder / "_delta_log" / fmt::format("{:020}.json", version));
    if (version == 0) {
      out << R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})" << '\n'
          << R"({"metaData":{"id":"made","format":{"provider":"parquet","options":{}},)"
          << R"("schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],)"
          << R"("configuration":{}}})" << '\n';
    }
    const std::string stats(static_cast<size_t>(version) * 50, ' ');
    out << fmt::format(
               R"({{"add":{{"path":"part-{}.parquet","partitionValues":{{}},"size":{},)"
               R"("modificationTime":1,"dataChange":true,"stats":"{{\"numRecords\":{}{}}}"}}}})",
               version, 100 + version, version, stats)
        << '\n';
    if (version % 5 == 4) {
      out << fmt::format(R"({{"remove":{{"path":"part-{}.parquet","dataChange":true}}}})",
                         version - 2)
          << '\n';
    }
  }
}

// Folders with a table below the folders of the options, by name.
std::map<std::string, fs::path> FindTables(const Options& options) {
  std::map<std::string, fs::path> found;
  for (const std::string& folder : options.tables) {
    if (!fs::is_directory(folder)) {
      fmt::print("no tables at {}: only the made one is read\n", folder);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (fs::is_directory(entry.path() / "_delta_log")) {
        found[entry.path().filename().string()] = entry.path();
      }
    }
  }
  return found;
}

void Upload(FakeS3& s3, const std::string& name, const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder / "_delta_log")) {
    if (!entry.is_regular_file()) continue;
    const std::string key = fs::relative(entry.path(), folder).generic_string();
    s3.Put("lake/" + name + '/' + key, ReadFile(entry.path()));
  }
}

// Tables that can be read without faults, with what is right.
std::vector<Table> ReadTruth(const Options& options, uint16_t port, const engine::Engine& engine,
                             const std::vector<std::string>& names) {
  ReaderOfTables reader(options, port, engine, nullptr);
  std::vector<Table> tables;
  for (const std::string& name : names) {
    Table table;
    table.location = fmt::format("s3://{}/{}", options.bucket, name);
    const auto latest = reader.Latest(table.location);
    if (!latest.has_value()) continue;
    table.latest = *latest;
    const delta::Version newest = std::stoll(table.latest);
    const auto older = reader.At(table.location, newest / 2);
    if (older.has_value()) {
      table.older_version = newest / 2;
      table.older = *older;
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

// All that the runs found, by whatever thread.
class Report {
 public:
  void Answer() { ++answers_; }
  void Failure(Code code) {
    const std::lock_guard lock(mutex_);
    ++failures_[std::string(CodeName(code))];
  }
  void Took(Millis time) {
    const std::lock_guard lock(mutex_);
    longest_ = std::max(longest_, time);
  }
  void Broken(uint64_t seed, std::string_view what) {
    const std::lock_guard lock(mutex_);
    ++broken_;
    fmt::print("run with seed {}: {}\n", seed, what);
  }
  void Faults(const FaultProxy& proxy) {
    const std::lock_guard lock(mutex_);
    requests_ += proxy.requests();
    for (const Fault fault : net::testing::AllFaults()) faults_[fault] += proxy.count(fault);
  }
  int Print(const Options& options, size_t tables) const {
    fmt::print("{} runs from seed {} over {} tables: {} right answers, longest call {} ms\n",
               options.runs, options.seed, tables, answers_.load(), longest_.count());
    for (const auto& [code, count] : failures_) fmt::print("  {}: {}\n", code, count);
    fmt::print("  requests to the store: {}\n", requests_);
    for (const auto& [fault, count] : faults_) {
      fmt::print("  fault {}: {}\n", net::testing::FaultName(fault), count);
    }
    fmt::print("{}\n", broken_ == 0 ? "nothing is wrong" : fmt::format("{} broken", broken_));
    return broken_ == 0 && answers_ > 0 ? 0 : 1;
  }

 private:
  std::atomic<uint64_t> answers_{0};
  std::mutex mutex_;
  std::map<std::string, uint64_t> failures_;
  std::map<Fault, uint64_t> faults_;
  uint64_t requests_ = 0;
  Millis longest_{0};
  uint64_t broken_ = 0;
};

class Run {
 public:
  Run(uint64_t seed, Report& report) : seed_(seed), report_(report) {}

  // `allowed`: faults are injected; without them every call must succeed.
  void Check(std::string_view what, const std::string& right, bool faults, bool refusals,
             const std::function<Result<std::string>()>& call) {
    const auto begin = Steady::now();
    const Result<std::string> got = call();
    const auto taken = std::chrono::duration_cast<Millis>(Steady::now() - begin);
    report_.Took(taken);
    if (taken > kLongestCall) Broken(what, fmt::format("took {} ms", taken.count()));
    if (got.has_value()) {
      report_.Answer();
      if (*got != right) Broken(what, "a wrong table: " + got->substr(0, 60));
      return;
    }
    const Error& error = got.error();
    report_.Failure(error.code);
    const bool right_class =
        error.code == Code::kUnavailable || (refusals && error.code == Code::kPermissionDenied);
    if (!faults || !right_class) {
      Broken(what, fmt::format("{} {} ({})", CodeName(error.code), error.message, error.detail));
    }
  }

 private:
  void Broken(std::string_view what, std::string_view why) {
    report_.Broken(seed_, fmt::format("{}: {}", what, why));
  }
  uint64_t seed_;
  Report& report_;
};

// A third of the kinds, or all, at a rate between seldom and often.
FaultPlan PlanOf(std::mt19937_64& random) {
  FaultPlan plan;
  plan.seed = random();
  plan.probability = std::uniform_real_distribution<>(0.02, 0.6)(random);
  for (const Fault fault : net::testing::AllFaults()) {
    if (random() % 3 == 0) plan.kinds.push_back(fault);
  }
  if (plan.kinds.empty()) plan.kinds = net::testing::AllFaults();
  plan.flips_listings = false;
  // Now and then longer than an attempt may take.
  plan.delay = Millis(random() % 16 == 0 ? 2'000 : random() % 40);
  return plan;
}

void RunOne(const Options& options, uint64_t seed, FaultProxy& proxy,
            const std::vector<Table>& tables, const engine::Engine& engine, Report& report) {
  std::mt19937_64 random(seed);
  const Table& table = tables[random() % tables.size()];
  const FaultPlan plan = PlanOf(random);
  const bool refusals = std::ranges::any_of(plan.kinds, net::testing::IsRefusal);
  const TempFolder folder;
  Metrics metrics;
  std::unique_ptr<storage::DiskCache> cache;
  if (random() % 2 == 0) {
    cache = storage::DiskCache::Open((folder / "cache").string(), MiB(64), metrics).value();
  }
  ReaderOfTables reader(options, proxy.port(), engine, cache.get());
  Run run(seed, report);
  const auto latest = [&] { return reader.Latest(table.location); };
  proxy.SetPlan(plan);
  run.Check("cold", table.latest, true, refusals, latest);
  run.Check("warm", table.latest, true, refusals, latest);
  if (table.older_version >= 0) {
    run.Check("older", table.older, true, refusals,
              [&] { return reader.At(table.location, table.older_version); });
  }
  proxy.SetPlan({});
  std::this_thread::sleep_for(Limits().breaker_pause);  // a store in trouble is left alone so long
  run.Check("well again", table.latest, false, false, latest);
}

int Main(const Options& options) {
  log::SetLevel(log::Level::kOff);
  const TempFolder made;
  MakeTable(made / "made");
  std::map<std::string, fs::path> folders = FindTables(options);
  folders["made"] = made / "made";
  FakeS3 own;
  std::vector<std::string> names;
  for (const auto& [name, folder] : folders) {
    if (options.upstream == 0) Upload(own, name, folder);
    if (options.upstream == 0 || name != "made") names.push_back(name);
  }
  const uint16_t upstream = options.upstream == 0 ? own.port() : options.upstream;
  engine::Engine engine({.memory_limit = MiB(512), .threads = 1, .temp_directory = {}});
  const std::vector<Table> tables = ReadTruth(options, upstream, engine, names);
  if (tables.empty()) {
    fmt::print("no table can be read without faults\n");
    return 1;
  }
  Report report;
  std::atomic<int> next = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options.threads; ++i) {
      threads.emplace_back([&] {
        FaultProxy proxy(upstream, {});
        for (int run = next++; run < options.runs; run = next++) {
          RunOne(options, options.seed + static_cast<uint64_t>(run), proxy, tables, engine, report);
        }
        report.Faults(proxy);
      });
    }
  }
  return report.Print(options, tables.size());
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  sluice::Options options;
  CLI::App app("Reads tables through a store that misbehaves");
  app.add_option("--runs", options.runs);
  app.add_option("--seed", options.seed);
  app.add_option("--threads", options.threads);
  app.add_option("--tables", options.tables);
  app.add_option("--upstream", options.upstream);
  app.add_option("--bucket", options.bucket);
  app.add_option("--key", options.key);
  app.add_option("--secret", options.secret);
  CLI11_PARSE(app, argc, argv);
  return sluice::Main(options);
}
