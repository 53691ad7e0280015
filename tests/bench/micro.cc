// micro.cc -- what the small pieces of a request cost: token, link, line, log line, replay.
//
// The tables are made in a temporary folder, with JSON commits only.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "auth/bearer.h"
#include "base/crypto/crypto.h"
#include "base/json.h"
#include "base/metrics.h"
#include "catalog/testing/one_table.h"
#include "delta/actions_json.h"
#include "delta/commit.h"
#include "delta/data_skipping.h"
#include "delta/partition_filter.h"
#include "delta/snapshots.h"
#include "sharing/file_links.h"
#include "sharing/page_token.h"
#include "sharing/services.h"
#include "sharing/table_response.h"
#include "storage/object_store.h"
#include "storage/s3/url_writer.h"

namespace {

using namespace sluice;

constexpr int kFiles = 10'000;

// A file as it stands in a log: 8 columns of statistics, about 400 bytes of JSON.
delta::AddFile MakeAdd(int i) {
  const std::string n = std::to_string(i);
  std::string least, most, nulls;
  for (const char* column :
       {"id", "amount", "quantity", "price", "weight", "rank", "code", "flag"}) {
    const std::string name = std::string(least.empty() ? "\"" : ",\"") + column + "\":";
    least += name + n;
    most += name + n + "999";
    nulls += name + "0";
  }
  delta::AddFile add;
  add.path = "day=2025-01-01/part-" + n + "-4d1f7c52-9f0e-4c5e-8a43-3b5f2c1d.c000.snappy.parquet";
  add.partition_values = {{"day", "2025-01-01"}};
  add.size = 1'000'000 + i;
  add.modification_time = 1'735'689'600'000;
  add.stats = "{\"numRecords\":1000,\"minValues\":{" + least + "},\"maxValues\":{" + most +
              "},\"nullCount\":{" + nulls + "}}";
  return add;
}

delta::Commit FirstCommit() {
  delta::Commit commit;
  commit.protocol = delta::Protocol();
  commit.metadata = delta::Metadata();
  commit.metadata->id = "bench";
  commit.metadata->schema_string =
      R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},)"
      R"({"name":"day","type":"date","nullable":true,"metadata":{}}]})";
  commit.metadata->partition_columns = {"day"};
  for (int i = 0; i < kFiles; ++i) commit.adds.push_back(MakeAdd(i));
  return commit;
}

// There are no checkpoints here.
class NoCheckpoints final : public delta::CheckpointReader {
 public:
  Result<delta::CheckpointHeader> Read(const storage::ObjectStore& /*store*/,
                                       const std::vector<storage::ObjectInfo>& /*parts*/,
                                       const delta::AddFileSink& /*sink*/) const override {
    return Fail(Code::kUnsupported, "no checkpoints here");
  }
};

[[noreturn]] void Die(const Error& error) {
  std::fprintf(stderr, "bench: %s (%s)\n", error.message.c_str(), error.detail.c_str());
  std::exit(1);
}

template <class T>
T Must(Result<T> result) {
  if (!result.has_value()) Die(result.error());
  return std::move(*result);
}

// One table of kFiles files on disk, removed with the process.
class Table {
 public:
  Table() {
    std::string folder = (std::filesystem::temp_directory_path() / "sluice-bench-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) std::abort();
    location_ = folder;
    const auto store = Must(storage::OpenLocalStore(location_));
    const Status written = delta::WriteCommit(*store, 0, FirstCommit());
    if (!written) Die(written.error());
  }
  ~Table() { std::filesystem::remove_all(location_); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  const std::string& location() const { return location_; }

 private:
  std::string location_;
};

const Table& TheTable() {
  static const Table table;
  return table;
}

const std::string kMasterKey(32, 'k');

sharing::LinkGrant Grant() {
  return {"recipient:0123456789abcdef", "00000000-0000-0000-0000-0000000000a1", 7,
          FromUnixMillis(1'735'689'600'000), std::chrono::seconds(3600)};
}

void TokenCheck(benchmark::State& state) {
  const auth::SingleToken token("a-token-of-the-usual-length-0123456789abcdef");
  const std::string header = "Bearer a-token-of-the-usual-length-0123456789abcdef";
  net::Request request;
  request.headers.Add("Authorization", header);
  for (auto _ : state) {
    benchmark::DoNotOptimize(token.Authenticate(request, net::Access::kRecipient));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(TokenCheck);

void LinkSigning(benchmark::State& state) {
  const sharing::LinkKey key(kMasterKey);
  sharing::LinkWriter writer(key, Grant(), "http://127.0.0.1:8080/delta-sharing");
  const delta::AddFile add = MakeAdd(4711);
  std::string out;
  for (auto _ : state) {
    out.clear();
    writer.Append(add.path, static_cast<uint64_t>(add.size), ".parquet", out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(LinkSigning);

// Keys for links to an S3 store; with a token as temporary credentials have one.
std::shared_ptr<const storage::SigningKeys> S3Keys(bool with_token) {
  auto credentials = std::make_shared<storage::Credentials>();
  credentials->access_key_id = "AKIAIOSFODNN7EXAMPLE";
  credentials->secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  while (with_token && credentials->session_token.size() < 1000) {
    credentials->session_token += "IQoJb3JpZ2luX2VjEJr//////////wEaCWV1LWNlbnRyYWwtMSJH+";
  }
  return std::make_shared<storage::SigningKeys>(credentials,
                                                storage::SigningScope{.region = "eu-central-1"});
}

std::unique_ptr<storage::UrlWriter> S3Urls(bool with_token) {
  return storage::MakeUrlWriter(
      {"https://examplebucket.s3.eu-central-1.amazonaws.com",
       "examplebucket.s3.eu-central-1.amazonaws.com", "/lake/sales/orders/"},
      S3Keys(with_token), FromUnixMillis(1'735'689'600'000), std::chrono::seconds(3600));
}

void S3LinkSigning(benchmark::State& state) {
  const bool with_token = state.range(0) != 0;
  const auto urls = S3Urls(with_token);
  const delta::AddFile add = MakeAdd(4711);
  std::string out;
  for (auto _ : state) {
    out.clear();
    urls->Append(add.path, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(out.size()));
  state.SetLabel(with_token ? "session token" : "static keys");
}
BENCHMARK(S3LinkSigning)->Arg(0)->Arg(1);

// What SHA-256 itself costs: hashing is most of a link.
void Sha256Blocks(benchmark::State& state) {
  const std::string text(static_cast<size_t>(state.range(0)) * 64, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(crypto::Sha256(text));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(Sha256Blocks)->Arg(1)->Arg(8)->Arg(32)->Arg(128);

void JsonQuoting(benchmark::State& state) {
  const std::string stats = *MakeAdd(4711).stats;
  std::string out;
  for (auto _ : state) {
    out.clear();
    json::AppendQuoted(stats, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(stats.size()));
}
BENCHMARK(JsonQuoting);

void LogLineParsing(benchmark::State& state) {
  delta::Commit commit;
  commit.adds.push_back(MakeAdd(4711));
  const std::string text = delta::RenderCommit(commit);
  const size_t start = text.find("{\"add\"");
  const std::string line = text.substr(start, text.find('\n', start) - start);
  delta::LogLineParser parser;
  for (auto _ : state) benchmark::DoNotOptimize(parser.Parse(line));
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(line.size()));
}
BENCHMARK(LogLineParsing);

// From a cold cache to a snapshot: listing, reading, parsing, reconciling, packing.
void Replay10kFiles(benchmark::State& state) {
  const NoCheckpoints reader;
  const SystemClock clock;
  SecureRandom random;
  Metrics metrics;
  const std::string& location = TheTable().location();
  for (auto _ : state) {
    storage::Stores stores({clock, random, metrics});
    delta::Snapshots snapshots(stores, reader, clock, metrics, {});
    benchmark::DoNotOptimize(Must(snapshots.Latest(location)));
  }
  state.SetItemsProcessed(state.iterations() * kFiles);
}
BENCHMARK(Replay10kFiles)->Unit(benchmark::kMillisecond);

void WarmSnapshot(benchmark::State& state) {
  const NoCheckpoints reader;
  const SystemClock clock;
  SecureRandom random;
  Metrics metrics;
  storage::Stores stores({clock, random, metrics});
  delta::Snapshots snapshots(stores, reader, clock, metrics, {});
  const std::string& location = TheTable().location();
  for (auto _ : state) benchmark::DoNotOptimize(Must(snapshots.Latest(location)));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(WarmSnapshot);

delta::Predicate Compare(delta::Predicate::Op op, std::string column, delta::Operand literal) {
  return {.op = op, .operands = {{true, std::move(column)}, std::move(literal)}};
}

// day = DATE '2025-01-01' AND id < 0: the day is the file's, so statistics have the last word.
delta::Predicate DayAndId() {
  using Op = delta::Predicate::Op;
  delta::Predicate both{.op = Op::kAnd};
  both.children.push_back(
      Compare(Op::kEqual, "day", {false, "2025-01-01", delta::ValueType::kDate}));
  both.children.push_back(Compare(Op::kLess, "id", {false, "0", delta::ValueType::kNumber}));
  return both;
}

// All files of one day: what is known of it is looked up. With many days it is found out.
void SkippingByPartition(benchmark::State& state) {
  const int64_t days = state.range(0);
  std::vector<std::string> values;
  for (int64_t i = 0; i < days; ++i) {
    values.push_back("{\"day\":\"" + std::to_string(1000 + i) + "-01-01\"}");
  }
  delta::DataSkipping skipping(DayAndId(), {}, *FirstCommit().metadata, INT64_MAX);
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(skipping.OfPartition(values[i]));
    if (++i == values.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(SkippingByPartition)->Arg(1)->Arg(1'000)->Arg(9'000);

void SkippingFile(benchmark::State& state, const delta::Predicate& predicate) {
  const delta::AddFile add = MakeAdd(4711);
  delta::FileEntry file;
  file.partition_values = R"({"day":"2025-01-01"})";
  file.stats = *add.stats;
  delta::DataSkipping skipping(predicate, {}, *FirstCommit().metadata, INT64_MAX);
  for (auto _ : state) benchmark::DoNotOptimize(skipping.OfFile(file));
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(file.stats->size()));
}

delta::Predicate InTenThousand() {
  delta::Predicate in{.op = delta::Predicate::Op::kIn, .operands = {{true, "id"}}};
  for (int i = 0; i < 10'000; ++i) {
    in.operands.push_back({false, std::to_string(-i), delta::ValueType::kNumber});
  }
  return in;
}
BENCHMARK_CAPTURE(SkippingFile, statistics, DayAndId());
BENCHMARK_CAPTURE(SkippingFile, in_10000, InTenThousand());

// What a share by partitions costs for a file: of one day it is looked up, of many it is found out.
void PartitionFilterByFile(benchmark::State& state) {
  const int64_t days = state.range(0);
  std::vector<std::string> values;
  for (int64_t i = 0; i < days; ++i) {
    values.push_back("{\"day\":\"" + std::to_string(1000 + i % 9000) + "-01-10\",\"file\":\"" +
                     std::to_string(i) + "\"}");
  }
  delta::PartitionTerms terms;
  terms.tuples.push_back({{"day", delta::PartitionOp::kIn, {"1001-01-10", "1002-01-11"}}});
  terms.tuples.push_back({{"day", delta::PartitionOp::kLike, {"10_5-%"}}});
  delta::PartitionSieve sieve(
      Must(delta::PartitionFilter::Compile(terms, {}, *FirstCommit().metadata)));
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(Must(sieve.Keeps(values[i])));
    if (++i == values.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(PartitionFilterByFile)->Arg(1)->Arg(100'000);

enum class Links { kOwn, kS3, kS3WithToken };

std::unique_ptr<sharing::FileLinks> MakeLinks(Links kind, const sharing::LinkKey& key) {
  if (kind == Links::kOwn) {
    return sharing::LinksToUs(key, Grant(), "http://127.0.0.1:8080/delta-sharing");
  }
  return sharing::LinksToStore(nullptr, S3Urls(kind == Links::kS3WithToken));
}

// The lines of an answer with statistics and links, as they are streamed.
void QueryLines(benchmark::State& state, sharing::Format format, Links links) {
  const NoCheckpoints reader;
  const catalog::testing::OneTable catalog;
  const SystemClock clock;
  SecureRandom random;
  Metrics metrics;
  storage::Stores stores({clock, random, metrics});
  delta::Snapshots snapshots(stores, reader, clock, metrics, {});
  const sharing::LinkKey key(kMasterKey);
  const sharing::TokenSealer tokens(kMasterKey, random, clock);
  sharing::AsyncQueries async_queries({}, clock, metrics, {});
  const sharing::Services services{catalog,       snapshots, key,     tokens,
                                   async_queries, clock,     metrics, {}};
  sharing::QueryPlan plan;
  plan.table = std::make_shared<catalog::SharedTable>();
  plan.snapshot = Must(snapshots.Latest(TheTable().location()));
  plan.format = plan.id_scheme = format;
  std::array<char, 65536> buffer;
  int64_t bytes = 0;
  for (auto _ : state) {
    const auto body = sharing::QueryBody(services, plan, MakeLinks(links, key), "");
    while (const size_t n = Must(body->Next(buffer))) bytes += static_cast<int64_t>(n);
  }
  state.SetItemsProcessed(state.iterations() * kFiles);
  state.SetBytesProcessed(bytes);
}
constexpr auto kParquet = sharing::Format::kParquet;
constexpr auto kDelta = sharing::Format::kDelta;
constexpr auto kUnit = benchmark::kMillisecond;
BENCHMARK_CAPTURE(QueryLines, parquet, kParquet, Links::kOwn)->Unit(kUnit);
BENCHMARK_CAPTURE(QueryLines, delta, kDelta, Links::kOwn)->Unit(kUnit);
BENCHMARK_CAPTURE(QueryLines, parquet_s3, kParquet, Links::kS3)->Unit(kUnit);
BENCHMARK_CAPTURE(QueryLines, parquet_s3_token, kParquet, Links::kS3WithToken)->Unit(kUnit);
BENCHMARK_CAPTURE(QueryLines, delta_s3, kDelta, Links::kS3)->Unit(kUnit);

}  // namespace
