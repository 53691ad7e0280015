// server/auditor.h -- from a request and its answer to entries of the audit log.
//
// Every request to an audited route, and every refused one to any other, makes an entry before the
// first byte of its answer leaves: the decision. Answers that carry data of shared tables make a
// second one behind their last byte: the result. Action names are Databricks'
// ("deltaSharingQueryTable", "deltaSharingQueriedTable", "createShare").
#pragma once

#include <functional>
#include <string>

#include "audit/denial_watch.h"
#include "audit/log.h"
#include "catalog/catalog.h"
#include "catalog/resolver.h"
#include "net/http.h"
#include "net/server.h"

namespace sluice::server {

class Auditor {
 public:
  // All references must outlive the auditor.
  Auditor(audit::Log& log, const catalog::Catalog& catalog, const catalog::Resolver& resolver,
          audit::DenialWatch& denials, const Clock& clock,
          std::function<void(const std::string& recipient)> on_alert = nullptr)
      : log_(log),
        catalog_(catalog),
        resolver_(resolver),
        denials_(denials),
        clock_(clock),
        on_alert_(std::move(on_alert)) {}

  // True when what `request` (whose route may be none) was answered belongs on record.
  static bool Records(const net::Request& request, const net::Response& response);
  // For a request that may change something: that the change will be on record.
  // Errors: kUnavailable
  Status BeforeChange(const net::Request& request) const;
  // That what `request` changes can be told whole: asked when it is known who calls, and before
  // anything is changed.
  // Errors: kInvalidArgument  it says too much for one entry
  static Status CheckFits(const net::Request& request);
  // Errors: kUnavailable  the entry could not be written: the answer must not leave
  Status Decision(const net::Request& request, const net::Response& response) const;
  // Nothing where the answer carried no data. A failure is logged: the answer is gone.
  void Result(const net::Request& request, const net::Response& response,
              const net::Outcome& outcome) const;

 private:
  audit::Event EventOf(const net::Request& request, const net::Response& response) const;
  void NameCaller(std::string_view principal, audit::Event& event) const;
  void NameManaged(const net::Request& request, audit::Event& event) const;
  void NameTable(const net::Request& request, const net::LogFields& fields,
                 audit::Event& event) const;

  audit::Log& log_;
  const catalog::Catalog& catalog_;
  const catalog::Resolver& resolver_;
  audit::DenialWatch& denials_;
  const Clock& clock_;
  const std::function<void(const std::string& recipient)> on_alert_;
};

// "deltaSharingGetTableVersion" for the sharing protocol's "QueryTableVersion"; operations of other
// APIs are named as the log has them.
std::string AuditAction(std::string_view operation);

}  // namespace sluice::server
