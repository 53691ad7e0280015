// audit.cc -- what an entry of the audit log costs whoever waits for it, and what asking costs.
//
// In a temporary folder of TMPDIR: kNow measures the disk under it.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "audit/event_json.h"
#include "audit/file_log.h"
#include "audit/reader.h"
#include "audit/testing/events.h"
#include "audit/verify.h"

namespace {

using namespace sluice;

audit::Event Sample() {
  return audit::testing::ReadEvent("a-recipient-of-some-length", "sales_share", "retail.orders",
                                   123'456'789, SystemClock().Now());
}

std::unique_ptr<audit::FileLog> g_log;
std::string g_folder;
SystemClock g_clock;

void Open() {
  std::string name = (std::filesystem::temp_directory_path() / "bench-audit-XXXXXX").string();
  g_folder = ::mkdtemp(name.data());
  g_log = audit::FileLog::Open({.folder = g_folder + "/log"}, g_clock, nullptr).value();
}

void Close() {
  g_log.reset();
  std::filesystem::remove_all(g_folder);
}

void BM_AuditEventJson(benchmark::State& state) {
  const audit::Event event = Sample();
  std::string out;
  for (auto _ : state) {
    out.clear();
    audit::AppendOpenEvent(event, {}, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}
BENCHMARK(BM_AuditEventJson);

void Append(benchmark::State& state, audit::Sync sync) {
  if (state.thread_index() == 0) Open();
  const audit::Event event = Sample();
  for (auto _ : state) {
    if (!g_log->Append(event, sync).has_value()) std::abort();
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) Close();
}

void BM_AuditAppendSoon(benchmark::State& state) { Append(state, audit::Sync::kSoon); }
BENCHMARK(BM_AuditAppendSoon);
BENCHMARK(BM_AuditAppendSoon)->Threads(2)->UseRealTime();
void BM_AuditAppendNow(benchmark::State& state) { Append(state, audit::Sync::kNow); }
BENCHMARK(BM_AuditAppendNow)->UseRealTime();
BENCHMARK(BM_AuditAppendNow)->Threads(16)->UseRealTime();

// A log of a hundred thousand events.
void Fill() {
  Open();
  for (int i = 0; i < 100'000; ++i) {
    audit::Event event = Sample();
    event.recipient = "r" + std::to_string(i / 100);
    if (!g_log->Append(event, audit::Sync::kSoon).has_value()) std::abort();
  }
}

void BM_AuditVerify(benchmark::State& state) {
  Fill();
  uint64_t bytes = 0;
  for (auto _ : state) bytes = audit::Verify(g_folder + "/log", std::nullopt)->bytes;
  state.SetBytesProcessed(static_cast<int64_t>(bytes) * state.iterations());
  Close();
}
BENCHMARK(BM_AuditVerify)->Unit(benchmark::kMillisecond);

void BM_AuditPageOfOne(benchmark::State& state) {
  Fill();
  const auto reader = audit::Reader::Open(g_folder + "/log").value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(reader->Read({.recipient = "r500"}, 100, "")->entries.size());
  }
  Close();
}
BENCHMARK(BM_AuditPageOfOne)->Unit(benchmark::kMillisecond);

void BM_AuditUsage(benchmark::State& state) {
  Fill();
  const auto reader = audit::Reader::Open(g_folder + "/log").value();
  for (auto _ : state) benchmark::DoNotOptimize(reader->CountUsage({})->size());
  Close();
}
BENCHMARK(BM_AuditUsage)->Unit(benchmark::kMillisecond);

}  // namespace
