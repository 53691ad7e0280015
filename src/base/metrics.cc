#include "base/metrics.h"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <shared_mutex>

namespace sluice {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

const Histogram::BucketBoundaries kSeconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};

// The metrics of one route, found once.
struct RouteMetrics {
  Histogram* seconds = nullptr;
  std::map<int, Counter*> by_status;
};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  Family<Counter>& requests = prometheus::BuildCounter()
                                  .Name("sluice_http_requests_total")
                                  .Help("Requests answered, by route and status")
                                  .Register(registry);
  Family<Histogram>& request_seconds =
      prometheus::BuildHistogram()
          .Name("sluice_http_request_duration_seconds")
          .Help("From the first byte of a request to the last byte of its answer")
          .Register(registry);
  Family<Counter>& rejected = prometheus::BuildCounter()
                                  .Name("sluice_http_rejected_total")
                                  .Help("Connections and requests refused by a limit, by reason")
                                  .Register(registry);
  Family<Counter>& store_requests =
      prometheus::BuildCounter()
          .Name("sluice_store_requests_total")
          .Help("Requests to the store under the tables, by operation")
          .Register(registry);
  Family<Histogram>& store_seconds =
      prometheus::BuildHistogram()
          .Name("sluice_store_request_duration_seconds")
          .Help("Time of one attempt of a request to a remote store, by store and operation")
          .Register(registry);
  Family<Counter>& store_failures =
      prometheus::BuildCounter()
          .Name("sluice_store_failures_total")
          .Help("Attempts of requests to a remote store that failed, by store and reason")
          .Register(registry);
  Family<Counter>& store_retries = prometheus::BuildCounter()
                                       .Name("sluice_store_retries_total")
                                       .Help("Requests to a remote store that were repeated")
                                       .Register(registry);
  Family<Counter>& store_rejected =
      prometheus::BuildCounter()
          .Name("sluice_store_rejected_total")
          .Help("Requests that were not sent: breaker open or bulkhead full, by store")
          .Register(registry);
  Family<Gauge>& store_breaker =
      prometheus::BuildGauge()
          .Name("sluice_store_breaker_open")
          .Help("1 while a remote store is left alone because it failed again and again")
          .Register(registry);
  Family<Gauge>& store_in_flight = prometheus::BuildGauge()
                                       .Name("sluice_store_requests_in_flight")
                                       .Help("Requests to a remote store that are under way")
                                       .Register(registry);
  Family<Counter>& disk_lookups = prometheus::BuildCounter()
                                      .Name("sluice_disk_cache_lookups_total")
                                      .Help("Look-ups in the disk cache of log files, by result")
                                      .Register(registry);
  Gauge& disk_bytes = prometheus::BuildGauge()
                          .Name("sluice_disk_cache_bytes")
                          .Help("Bytes in the disk cache of log files")
                          .Register(registry)
                          .Add({});
  Family<Counter>& config_reloads =
      prometheus::BuildCounter()
          .Name("sluice_config_reloads_total")
          .Help("Changes of the configuration file while running, by whether they took effect")
          .Register(registry);
  Family<Gauge>& database_up =
      prometheus::BuildGauge()
          .Name("sluice_database_up")
          .Help("With a catalog: 1 while its database answers; without it changes are refused")
          .Register(registry);
  Counter& async_submitted = prometheus::BuildCounter()
                                 .Name("sluice_async_queries_total")
                                 .Help("Asynchronous queries taken; one sent again is one")
                                 .Register(registry)
                                 .Add({});
  Family<Counter>& async_runs =
      prometheus::BuildCounter()
          .Name("sluice_async_query_runs_total")
          .Help("Table versions brought into memory for asynchronous queries, by result")
          .Register(registry);
  Gauge& async_waiting = prometheus::BuildGauge()
                             .Name("sluice_async_queries_waiting")
                             .Help("Asynchronous queries whose table version is not in memory yet")
                             .Register(registry)
                             .Add({});
  Family<Histogram>& snapshot_seconds = prometheus::BuildHistogram()
                                            .Name("sluice_snapshot_load_duration_seconds")
                                            .Help("Time to load a table version, by kind")
                                            .Register(registry);
  Counter& bytes_out = prometheus::BuildCounter()
                           .Name("sluice_http_response_bytes_total")
                           .Help("Bytes of answer bodies sent")
                           .Register(registry)
                           .Add({});
  Gauge& connections = prometheus::BuildGauge()
                           .Name("sluice_http_connections")
                           .Help("Connections that are open now")
                           .Register(registry)
                           .Add({});
  Counter& files_sent = prometheus::BuildCounter()
                            .Name("sluice_files_sent_total")
                            .Help("File links handed out in query answers")
                            .Register(registry)
                            .Add({});
  Counter& files_skipped = prometheus::BuildCounter()
                               .Name("sluice_files_skipped_total")
                               .Help("Files left out of query answers: no row matches the hints")
                               .Register(registry)
                               .Add({});
  Gauge& snapshot_bytes = prometheus::BuildGauge()
                              .Name("sluice_snapshot_cache_bytes")
                              .Help("Memory held by cached table versions")
                              .Register(registry)
                              .Add({});

  std::shared_mutex mutex;
  std::map<std::string, RouteMetrics, std::less<>> routes;

  // The histogram and counter for one finished request.
  std::pair<Histogram*, Counter*> ForRequest(std::string_view route, int status) {
    {
      const std::shared_lock lock(mutex);
      const auto found = routes.find(route);
      if (found != routes.end()) {
        const auto counter = found->second.by_status.find(status);
        if (counter != found->second.by_status.end()) {
          return {found->second.seconds, counter->second};
        }
      }
    }
    const std::unique_lock lock(mutex);
    const std::string name(route);
    RouteMetrics& metrics = routes[name];
    if (metrics.seconds == nullptr) {
      metrics.seconds = &request_seconds.Add({{"route", name}}, kSeconds);
    }
    Counter*& counter = metrics.by_status[status];
    if (counter == nullptr) {
      counter = &requests.Add({{"route", name}, {"status", fmt::format("{}", status)}});
    }
    return {metrics.seconds, counter};
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::RequestDone(std::string_view route, int status, double seconds, uint64_t bytes_out) {
  const auto [histogram, counter] = state_->ForRequest(route, status);
  histogram->Observe(seconds);
  counter->Increment();
  state_->bytes_out.Increment(static_cast<double>(bytes_out));
}

void Metrics::ConnectionOpened() { state_->connections.Increment(); }
void Metrics::ConnectionClosed() { state_->connections.Decrement(); }
void Metrics::FilesSent(uint64_t files) {
  state_->files_sent.Increment(static_cast<double>(files));
}
void Metrics::FilesSkipped(uint64_t files) {
  state_->files_skipped.Increment(static_cast<double>(files));
}

void Metrics::AsyncQuerySubmitted() { state_->async_submitted.Increment(); }

void Metrics::AsyncQueryRun(std::string_view result) {
  state_->async_runs.Add({{"result", std::string(result)}}).Increment();
}

void Metrics::AsyncQueriesWaiting(uint64_t queries) {
  state_->async_waiting.Set(static_cast<double>(queries));
}

void Metrics::SnapshotLoaded(bool incremental, double seconds) {
  state_->snapshot_seconds.Add({{"kind", incremental ? "incremental" : "full"}}, kSeconds)
      .Observe(seconds);
}

void Metrics::SnapshotBytes(uint64_t bytes) {
  state_->snapshot_bytes.Set(static_cast<double>(bytes));
}

void Metrics::StoreRequest(std::string_view operation) {
  state_->store_requests.Add({{"operation", std::string(operation)}}).Increment();
}

void Metrics::StoreAttempt(std::string_view store, std::string_view operation, double seconds) {
  state_->store_seconds
      .Add({{"store", std::string(store)}, {"operation", std::string(operation)}}, kSeconds)
      .Observe(seconds);
}

void Metrics::StoreFailure(std::string_view store, std::string_view reason) {
  state_->store_failures.Add({{"store", std::string(store)}, {"reason", std::string(reason)}})
      .Increment();
}

void Metrics::StoreRetry(std::string_view store) {
  state_->store_retries.Add({{"store", std::string(store)}}).Increment();
}

void Metrics::StoreRejected(std::string_view store, std::string_view reason) {
  state_->store_rejected.Add({{"store", std::string(store)}, {"reason", std::string(reason)}})
      .Increment();
}

void Metrics::StoreBreakerOpen(std::string_view store, bool open) {
  state_->store_breaker.Add({{"store", std::string(store)}}).Set(open ? 1 : 0);
}

void Metrics::StoreInFlight(std::string_view store, int64_t requests) {
  state_->store_in_flight.Add({{"store", std::string(store)}}).Set(static_cast<double>(requests));
}

void Metrics::DiskCacheLookup(bool hit) {
  state_->disk_lookups.Add({{"result", hit ? "hit" : "miss"}}).Increment();
}

void Metrics::DiskCacheBytes(uint64_t bytes) { state_->disk_bytes.Set(static_cast<double>(bytes)); }

void Metrics::DatabaseUp(bool up) { state_->database_up.Add({}).Set(up ? 1 : 0); }

void Metrics::ConfigReload(bool taken) {
  state_->config_reloads.Add({{"result", taken ? "taken" : "refused"}}).Increment();
}

void Metrics::RequestRejected(std::string_view reason) {
  state_->rejected.Add({{"reason", std::string(reason)}}).Increment();
}

std::string Metrics::Render() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace sluice
