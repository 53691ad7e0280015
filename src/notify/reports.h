// notify/reports.h -- reports on usage: made when their time has come, and sent.
//
// A report is counted first; what came of it, the messages that go out, and when it runs next are
// then written in one transaction. So each time that has come is told once: killed before, it comes
// again; killed after, it does not. Of the times that passed while nobody was there the last one is
// told. From there on messages are those of every other notification (delivery.h).
//
// It is counted with the rights that its owner has then. An owner who is gone or disabled makes it
// fail, and so does a time zone that is not known any more.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "db/database.h"
#include "notify/report.h"

namespace sluice::notify {

inline constexpr size_t kMostReports = 100;

// Thread-safe. Who may is decided by callers.
class Reports {
 public:
  // All are borrowed. `portal_url`: where people reach the portal; empty: not known.
  Reports(db::Database& database, catalog::Catalog& catalog, CountUsage count,
          std::string portal_url)
      : database_(database),
        catalog_(catalog),
        count_(std::move(count)),
        portal_url_(std::move(portal_url)) {}

  // Errors: kInvalidArgument, kNotFound  a destination
  Result<Report> Create(const catalog::Caller& owner, const ReportChange& wanted);
  Result<Report> Update(const std::string& id, const ReportChange& change);
  Result<std::vector<Report>> All();  // in the order of their names
  // Errors: kNotFound
  Result<Report> Find(const std::string& id);
  Status Delete(const std::string& id);
  // Of the last run that went well, as ParseResult takes it. Errors: kNotFound  there was none
  Result<std::string> ResultOfLastRun(const std::string& id);

  // Makes it and sends it, besides its schedule. What went wrong is in the report.
  // Errors: kNotFound, those of the database
  Result<Report> RunNow(const std::string& id);
  // Runs all whose time has come; says when the next one is to run. One thread.
  // Errors: of the database
  Result<std::optional<TimePoint>> RunDue();
  // Ends RunDue behind the report that is being made.
  void Stop() { stopping_ = true; }

 private:
  struct Made;
  Result<UsageTable> Count(const UsageQuestion& question) const;
  Made Make(const Report& report, TimePoint as_of);
  Made Failed(const Report& report, TimePoint as_of, const Error& error);
  Status Keep(db::Session& session, const Report& report, const Made& made);
  Status RunScheduled(const Report& due, TimePoint now);
  Status Apply(db::Session& session, const ReportChange& change, Report& report) const;

  db::Database& database_;
  catalog::Catalog& catalog_;
  const CountUsage count_;
  const std::string portal_url_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace sluice::notify
