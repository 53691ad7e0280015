#include "sharing/async_queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "sharing/errors.h"

namespace sluice::sharing {
namespace {

constexpr Millis kKept = std::chrono::minutes(10);
constexpr Millis kBetweenSweeps = std::chrono::seconds(1);
constexpr int kManyFaults = 3;

bool Passes(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kResourceExhausted;
}

}  // namespace

AsyncQueries::AsyncQueries(Load load, const Clock& clock, Metrics& metrics, AsyncLimits limits,
                           Failed failed)
    : load_(std::move(load)),
      failed_(std::move(failed)),
      clock_(clock),
      metrics_(metrics),
      limits_(limits),
      // Each run stands in the queue once, and no run is without a query that waits.
      pool_(limits.threads, limits.unfinished) {}

AsyncQueries::~AsyncQueries() { pool_.Stop(); }

Result<std::optional<AsyncQueries::Given>> AsyncQueries::Find(const Asker& asker,
                                                              std::string_view request) {
  const std::lock_guard lock(mutex_);
  auto known = TRY(FindKnown(asker, request));
  if (!known) TRY(Admit(asker));
  return known;
}

Result<AsyncQueries::Given> AsyncQueries::Submit(const Query& query, Millis lifetime) {
  const std::lock_guard lock(mutex_);
  Sweep();
  if (auto known = TRY(FindKnown(query.asker, query.request))) return *std::move(known);
  const auto run = runs_.find({query.location, query.version});
  const bool there = run != runs_.end() && run->second.ended && !run->second.snapshot.expired();
  if (!there) TRY(Start(query));
  Remember(query, lifetime);
  metrics_.AsyncQuerySubmitted();
  return Given{query.id, query.version};
}

Result<AsyncQueries::State> AsyncQueries::Poll(const Query& query) {
  const std::lock_guard lock(mutex_);
  Sweep();
  const auto found = runs_.find({query.location, query.version});
  if (found != runs_.end() && found->second.ended) {
    Run& run = found->second;
    if (auto snapshot = run.snapshot.lock()) {
      run.result.reset();
      return State{std::move(snapshot), std::nullopt};
    }
    if (run.failure && !Passes(*run.failure)) return State{nullptr, run.failure};
    if (run.faults >= kManyFaults) {
      run.faults = 0;
      return std::unexpected(*run.failure);
    }
  }
  TRY(Start(query));
  return State{};
}

bool AsyncQueries::IsOf(const Query& query, std::string_view table_id) {
  const std::lock_guard lock(mutex_);
  return SeeTable(query.asker, table_id);
}

// The first table that is seen is the one that was asked of.
bool AsyncQueries::SeeTable(const Asker& asker, std::string_view table_id) {
  const auto known = known_.find(asker);
  if (known == known_.end()) return true;
  std::string& seen = known->second.table_id;
  if (seen.empty()) seen = table_id;
  return seen == table_id;
}

Result<std::optional<AsyncQueries::Given>> AsyncQueries::FindKnown(const Asker& asker,
                                                                   std::string_view request) {
  const auto found = known_.find(asker);
  if (found == known_.end() || found->second.expires < clock_.Now()) return std::nullopt;
  if (found->second.request != request) return InvalidParameter(std::string(errors::kKeyUsed));
  return found->second.given;
}

void AsyncQueries::Remember(const Query& query, Millis lifetime) {
  if (known_.size() >= limits_.remembered) {
    known_.erase(std::ranges::min_element(known_, {},
                                          [](const auto& known) { return known.second.expires; }));
  }
  known_[query.asker] = {query.request, {query.id, query.version}, clock_.Now() + lifetime, {}};
}

Status AsyncQueries::Admit(const Asker& asker) {
  size_t own = 0;
  size_t all = 0;
  for (const auto& [key, run] : runs_) {
    all += run.waiting.size();
    own += static_cast<size_t>(std::ranges::count(run.waiting, asker.principal, &Asker::principal));
  }
  if (own >= limits_.per_recipient) {
    return Fail(Code::kResourceExhausted, errors::TooManyAsyncQueries(limits_.per_recipient));
  }
  if (all >= limits_.unfinished) {
    return Fail(Code::kResourceExhausted, std::string(errors::kAsyncQueriesFull));
  }
  return {};
}

// Lets the query wait for its version's run, which begins if it is not under way.
Status AsyncQueries::Start(const Query& query) {
  const VersionKey key{query.location, query.version};
  const auto found = runs_.find(key);
  const bool under_way = found != runs_.end() && !found->second.ended;
  if (under_way && found->second.waiting.contains(query.asker)) return {};
  TRY(Admit(query.asker));
  if (!under_way) {
    if (found == runs_.end() && runs_.size() >= limits_.remembered) {
      std::erase_if(runs_, [](const auto& run) { return run.second.ended; });
    }
    if (!pool_.Submit([this, key] { Execute(key); })) {
      return Fail(Code::kUnavailable, "the server is being stopped, try again");
    }
  }
  Run& run = runs_[key];
  run.ended = false;
  run.waiting.insert(query.asker);
  CountWaiting();
  return {};
}

// On a thread of the pool.
void AsyncQueries::Execute(const VersionKey& key) {
  Result<SnapshotPtr> loaded = nullptr;
  try {
    loaded = load_(key.first, key.second);
  } catch (const std::exception& thrown) {  // as the pipeline does for requests
    loaded = Fail(Code::kInternal, "internal error", fmt::format("exception: {}", thrown.what()));
  }
  if (!loaded) {
    const Error& error = loaded.error();
    log::Warn("an asynchronous query failed: {} [version {} of {}: {}]", error.message, key.second,
              key.first, error.detail);
  }
  std::set<Asker> hopeless;
  std::optional<Error> failure;
  {
    const std::lock_guard lock(mutex_);
    Run& run = runs_[key];
    if (!loaded && !Passes(loaded.error())) {
      hopeless = run.waiting;
      failure = loaded.error();
    }
    End(run, std::move(loaded));
  }
  if (failed_ == nullptr) return;
  for (const Asker& asker : hopeless) failed_(asker, *failure);
}

void AsyncQueries::End(Run& run, Result<SnapshotPtr> loaded) {
  run.ended = true;
  run.end = clock_.Now();
  if (loaded) {
    for (const Asker& asker : run.waiting) SeeTable(asker, (*loaded)->metadata().id);
  }
  run.waiting.clear();
  run.failure.reset();
  run.result.reset();
  if (loaded) {
    run.snapshot = run.result = *std::move(loaded);
    run.faults = 0;
    TrimResults();
  } else {
    run.snapshot.reset();
    run.failure = std::move(loaded).error();
    run.faults = Passes(*run.failure) ? run.faults + 1 : 0;
  }
  metrics_.AsyncQueryRun(!run.failure ? "loaded" : run.faults > 0 ? "fault" : "failed");
  CountWaiting();
}

void AsyncQueries::Sweep() {
  const TimePoint now = clock_.Now();
  if (now < next_sweep_) return;
  next_sweep_ = now + kBetweenSweeps;
  std::erase_if(known_, [&](const auto& known) { return known.second.expires < now; });
  const auto is_old = [&](const Run& run) { return run.ended && run.end + kKept < now; };
  for (auto& [key, run] : runs_) {
    if (is_old(run)) run.result.reset();
  }
  // A version that somebody else keeps in memory stays one that is there.
  std::erase_if(runs_, [&](const auto& item) {
    return is_old(item.second) && item.second.snapshot.expired();
  });
}

// The newest one stays: else a version larger than all would be loaded again for ever.
void AsyncQueries::TrimResults() {
  uint64_t bytes = 0;
  std::multimap<TimePoint, Run*> by_age;
  for (auto& [key, run] : runs_) {
    if (run.result == nullptr) continue;
    bytes += run.result->memory().value;
    by_age.emplace(run.end, &run);
  }
  while (by_age.size() > 1 && bytes > limits_.results.value) {
    Run& oldest = *by_age.begin()->second;
    bytes -= oldest.result->memory().value;
    oldest.result.reset();
    by_age.erase(by_age.begin());
  }
}

void AsyncQueries::CountWaiting() {
  size_t waiting = 0;
  for (const auto& [key, run] : runs_) waiting += run.waiting.size();
  metrics_.AsyncQueriesWaiting(waiting);
}

}  // namespace sluice::sharing
