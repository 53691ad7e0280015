// base/metrics.h -- counters, gauges and histograms, served as Prometheus text by /metrics.
//
// Every metric of the process is a member of Metrics: no registry look-up per request, and one
// place to read what is measured. Names follow the Prometheus conventions (unit in the name,
// _total).
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace sluice {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // One finished request. `route` is the pattern, not the path; `seconds` from the first byte of
  // the request to the last byte of the answer.
  void RequestDone(std::string_view route, int status, double seconds, uint64_t bytes_out);
  void ConnectionOpened();
  void ConnectionClosed();
  // What a query handed out, and what it left out because no row could match.
  void FilesSent(uint64_t files);
  void FilesSkipped(uint64_t files);
  // Asynchronous queries: a new one; how a run for some of them ended ("loaded", "failed", "fault":
  // tried again); how many wait for theirs.
  void AsyncQuerySubmitted();
  void AsyncQueryRun(std::string_view result);
  void AsyncQueriesWaiting(uint64_t queries);
  // Snapshot cache.
  void SnapshotLoaded(bool incremental, double seconds);
  void SnapshotBytes(uint64_t bytes);
  // One request to the store under a table (each attempt counts). `operation` is "list", "read",
  // ...
  void StoreRequest(std::string_view operation);
  // Remote stores, by name: how long an attempt took; why one failed ("timeout", "connect", "503",
  // ...); repetitions; what was turned away unsent ("breaker", "bulkhead").
  void StoreAttempt(std::string_view store, std::string_view operation, double seconds);
  void StoreFailure(std::string_view store, std::string_view reason);
  void StoreRetry(std::string_view store);
  void StoreRejected(std::string_view store, std::string_view reason);
  void StoreBreakerOpen(std::string_view store, bool open);
  void StoreInFlight(std::string_view store, int64_t requests);
  // The disk cache: a look-up, and what lies there.
  void DiskCacheLookup(bool hit);
  void DiskCacheBytes(uint64_t bytes);
  // The configuration file was read again while running.
  void ConfigReload(bool taken);
  void RequestRejected(std::string_view reason);
  // Of a server with a catalog: whether its database answered the last time.
  void DatabaseUp(bool up);

  // Prometheus text exposition format 0.0.4.
  std::string Render() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice
