// sharing/async_queries.h -- queries that are answered later: who asked under which key, and the
// background threads that bring versions of tables into memory for them.
//
// What a queryId means stands in the id itself (page_token.h, AsyncQuery). Here is only what makes
// the answer come sooner and the load bearable, so losing it costs no more than doing it again: a
// restart, or another replica. One run for each version of a table, however many queries want it.
//
// A result is kept for who asked until it is fetched, ten minutes at most, beside the cache of
// snapshots; when all of them grow too large the oldest go. A passing fault is tried again by the
// next polls; a lasting one is told for ten minutes.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "delta/snapshot.h"
#include "net/worker_pool.h"

namespace sluice::sharing {

struct AsyncLimits {
  unsigned threads = 2;
  size_t per_recipient = 16;     // queries of one recipient that wait for their run
  size_t unfinished = 1024;      // of all recipients
  size_t remembered = 4096;      // keys, and versions that were brought into memory
  ByteCount results = MiB(512);  // kept until fetched; the newest stays whatever its size
};

// Thread-safe.
class AsyncQueries {
 public:
  using SnapshotPtr = std::shared_ptr<const delta::Snapshot>;
  // Brings a version of the table at a location into memory; may wait.
  using Load = std::function<Result<SnapshotPtr>(const std::string&, delta::Version)>;

  // Who asked, of which table, under which key of their own.
  struct Asker {
    std::string principal;
    std::string table;
    std::string key;
    auto operator<=>(const Asker&) const = default;
  };
  struct Query {
    Asker asker;
    std::string request;  // hash of what was asked
    std::string id;
    std::string location;
    delta::Version version = 0;
  };
  // Neither: it is under way.
  struct State {
    SnapshotPtr snapshot;          // as it was loaded: the table may have been replaced since
    std::optional<Error> failure;  // as it came from Load; asking again does not help
  };

  // Told of each query whose run failed so that asking again does not help. Called on a background
  // thread; must not wait.
  using Failed = std::function<void(const Asker&, const Error&)>;

  // `clock` and `metrics` must outlive this object.
  AsyncQueries(Load load, const Clock& clock, Metrics& metrics, AsyncLimits limits,
               Failed failed = {});
  // Waits for the loads that run; those that wait are dropped.
  ~AsyncQueries();
  AsyncQueries(const AsyncQueries&) = delete;
  AsyncQueries& operator=(const AsyncQueries&) = delete;

  // What a client is told to ask for.
  struct Given {
    std::string id;
    delta::Version version = 0;
  };

  // What was given for the same query under the same key. Errors: those of Submit
  Result<std::optional<Given>> Find(const Asker& asker, std::string_view request);
  // Starts the query's run. Returns what counts until `lifetime` from now: that of the first of
  // equal queries.
  // Errors: kInvalidArgument    another request came under this key
  //         kResourceExhausted  too many queries wait, of this principal or in all
  Result<Given> Submit(const Query& query, Millis lifetime);
  // How far the query is; one that nobody knows (any more) is started. Never waits.
  // Errors: kResourceExhausted  as Submit
  //         others              a passing fault that came several times over: the next poll starts
  //                             anew
  Result<State> Poll(const Query& query);
  // Whether `table_id`, Delta's own, is of the table that the query was asked of: the one that its
  // run found, or the first that an answer was made of. What is not known here is not refused.
  bool IsOf(const Query& query, std::string_view table_id);

 private:
  using VersionKey = std::pair<std::string, delta::Version>;  // location first
  // A version being brought into memory, or what came of it.
  struct Run {
    bool ended = false;
    TimePoint end{};
    std::set<Asker> waiting;  // until it has ended
    SnapshotPtr result;       // until somebody fetches it
    std::weak_ptr<const delta::Snapshot> snapshot;
    std::optional<Error> failure;
    int faults = 0;  // passing ones, in a row
  };
  struct Known {
    std::string request;
    Given given;
    TimePoint expires{};
    std::string table_id;  // empty: nobody has seen the table yet
  };

  bool SeeTable(const Asker& asker, std::string_view table_id);
  Result<std::optional<Given>> FindKnown(const Asker& asker, std::string_view request);
  void Remember(const Query& query, Millis lifetime);
  Status Admit(const Asker& asker);
  Status Start(const Query& query);
  void Execute(const VersionKey& key);
  void End(Run& run, Result<SnapshotPtr> loaded);
  void Sweep();
  void TrimResults();
  void CountWaiting();

  const Load load_;
  const Failed failed_;
  const Clock& clock_;
  Metrics& metrics_;
  const AsyncLimits limits_;
  std::mutex mutex_;  // of what follows, but for the pool
  std::map<Asker, Known> known_;
  std::map<VersionKey, Run> runs_;
  TimePoint next_sweep_{};
  net::WorkerPool pool_;
};

}  // namespace sluice::sharing
