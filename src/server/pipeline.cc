#include "server/pipeline.h"

#include <algorithm>
#include <exception>

#include "base/encoding.h"
#include "base/json.h"
#include "base/timestamp.h"

namespace sluice::server {
namespace {

bool IsLowerHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Builds one JSON object for the access log.
class LogLine {
 public:
  void Text(std::string_view name, std::string_view value) {
    Name(name);
    json::AppendQuoted(value, line_);
  }
  void Number(std::string_view name, int64_t value) {
    Name(name);
    json::AppendInt(value, line_);
  }
  void Json(std::string_view name, std::string_view value) {
    Name(name);
    line_ += value;
  }
  std::string Finish() && {
    line_ += '}';
    return std::move(line_);
  }

 private:
  void Name(std::string_view name) {
    line_ += line_.empty() ? '{' : ',';
    json::AppendQuoted(name, line_);
    line_ += ':';
  }
  std::string line_;
};

// What the operator is told, beside the access log: faults of ours, of the store and of tables.
void LogFailure(const net::Request& request, const Error& error) {
  switch (error.code) {
    case Code::kInternal:
      log::Failure("request {}: {} [{}]", request.id, error.message, error.detail);
      return;
    case Code::kUnavailable:
    case Code::kCorrupt:
      log::Warn("request {}: {} [{}]", request.id, error.message, error.detail);
      return;
    default: log::Debug("request {}: {} [{}]", request.id, error.message, error.detail);
  }
}

net::LogFields FieldsOf(const net::Response& response) {
  net::LogFields fields = response.log_fields;
  const auto* body = std::get_if<std::unique_ptr<net::BodySource>>(&response.body);
  if (body != nullptr && *body != nullptr) (*body)->AddLogFields(fields);
  return fields;
}

// Of one address that tries out secrets: more than all people behind it need to sign in, and
// nothing to find 256 bits with.
constexpr RateLimit kStrangers{.per_second = 2, .burst = 100};

// What `request` holds since Prepare.
const Generation& Of(const net::Request& request) {
  return *static_cast<const Generation*>(request.held.get());
}

}  // namespace

struct Pipeline::Step {
  std::string_view name;
  net::Response (Pipeline::*run)(net::Request& request, size_t next);
};

// Limits on sizes and times come before all of these, in net: what breaks them is never a request.
// Metrics and the access log come after, in Finished: they need to know how the sending ended.
const Pipeline::Step Pipeline::kSteps[] = {
    // First, so that whatever is thrown further down becomes an answer and never ends the process.
    {"catch all", &Pipeline::CatchAll},
    // Before anything that may fail, so that every answer, refusals too, carries the request's id.
    {"request id", &Pipeline::Identify},
    // Around all that may refuse, so that refusals are on record too; no answer leaves without it.
    {"audit", &Pipeline::Audit},
    // Before the route is looked at: a stranger cannot find out which paths exist.
    {"authenticate", &Pipeline::Authenticate},
    // As soon as it is known who calls: a wrong path costs the caller a token, too.
    {"limit rate", &Pipeline::LimitRate},
    // After authentication, so that only callers learn of a wrong path or method.
    {"require route", &Pipeline::RequireRoute},
    // Last: the operation itself; its failure is rendered in the dialect of its API.
    {"handler", &Pipeline::CallHandler},
};

Pipeline::Pipeline(const CurrentGeneration& generations, const Clock& clock, Random& random,
                   Metrics& metrics, log::LineSink& access_log)
    : generations_(generations),
      clock_(clock),
      random_(random),
      metrics_(metrics),
      access_log_(access_log),
      requests_(clock),
      files_(clock),
      strangers_(clock) {}

bool Pipeline::Prepare(net::Request& request) {
  request.held = generations_.Get();
  net::ResolveClient(request, Of(request).proxies);
  const auto traceparent = request.headers.Find("traceparent");
  if (traceparent) request.id = TraceId(*traceparent);
  if (request.id.empty()) request.id = Hex(random_.Bytes(16));
  // A path that is not routed is answered from memory too; RequireRoute says why.
  return !Of(request).router.Match(request) || request.route->work == net::Work::kMemory;
}

net::Response Pipeline::Handle(net::Request& request) { return RunFrom(0, request); }

net::Response Pipeline::RunFrom(size_t step, net::Request& request) {
  // Named first: g++ 12 under UBSan reads an index inside of the call expression after it was
  // reused.
  const Step& current = kSteps[step];
  return (this->*current.run)(request, step + 1);
}

net::Response Pipeline::CatchAll(net::Request& request, size_t next) {
  const auto internal = [&](std::string what) {
    return Render(request,
                  Error{Code::kInternal,
                        "Internal error; the server's log has the request id " + request.id,
                        std::move(what),
                        {}});
  };
  try {
    return RunFrom(next, request);
  } catch (const std::exception& thrown) {
    return internal(std::string("exception: ") + thrown.what());
  } catch (...) {
    return internal("exception of unknown type");
  }
}

net::Response Pipeline::Identify(net::Request& request, size_t next) {
  net::Response response = RunFrom(next, request);
  response.headers.Add("x-request-id", request.id);
  return response;
}

net::Response Pipeline::Audit(net::Request& request, size_t next) {
  const Auditor* auditor = Of(request).auditor.get();
  if (auditor == nullptr || request.route == nullptr) return RunFrom(next, request);
  const Status ready = auditor->BeforeChange(request);
  if (!ready) return Render(request, ready.error());
  net::Response response = RunFrom(next, request);
  if (!Auditor::Records(request, response)) return response;
  const Status recorded = auditor->Decision(request, response);
  return recorded ? std::move(response) : Render(request, recorded.error());
}

net::Response Pipeline::Authenticate(net::Request& request, size_t next) {
  const net::Access access = request.route == nullptr
                                 ? Of(request).router.AccessElsewhere(request.path)
                                 : request.route->access;
  if (access != net::Access::kPublic && access != net::Access::kSignedLink) {
    Result<std::string> principal = Of(request).authenticator->Authenticate(request, access);
    if (!principal) return Render(request, principal.error());
    request.principal = *std::move(principal);
    // After the token: where somebody may come from is not for strangers to find out.
    const Status admitted = Of(request).authenticator->Admit(request.principal, request);
    if (!admitted) return Render(request, admitted.error());
  }
  return RunFrom(next, request);
}

net::Response Pipeline::LimitRate(net::Request& request, size_t next) {
  const Generation& generation = Of(request);
  if (request.route != nullptr && request.route->limited_by_address) {
    const Millis wait = strangers_.Take(request.client.Text(), kStrangers);
    return wait == Millis(0) ? RunFrom(next, request) : RefuseRate(request, "sign-in rate", wait);
  }
  if (generation.rate_limits == nullptr) return RunFrom(next, request);
  const bool link = request.route != nullptr && request.route->access == net::Access::kSignedLink;
  const std::string holder =
      link && generation.link_holder != nullptr ? generation.link_holder(request) : std::string();
  const std::string& caller = link ? holder : request.principal;
  // Nobody's are cheap: health, metrics, and links that the handler refuses.
  if (caller.empty()) return RunFrom(next, request);
  const RateLimits limits = generation.rate_limits(caller);
  const Millis wait =
      link ? files_.Take(caller, limits.files) : requests_.Take(caller, limits.requests);
  if (wait == Millis(0)) return RunFrom(next, request);
  return RefuseRate(request, link ? "file rate" : "request rate", wait);
}

net::Response Pipeline::RefuseRate(const net::Request& request, std::string_view what,
                                   Millis wait) {
  metrics_.RequestRejected(what);
  const auto seconds = std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count());
  net::Response response = Render(
      request, Error{Code::kResourceExhausted,
                     "Too many requests of yours in a short time. Try again in " + seconds + " s.",
                     {},
                     {}});
  response.headers.Set("Retry-After", seconds);
  return response;
}

net::Response Pipeline::RequireRoute(net::Request& request, size_t next) {
  if (request.route != nullptr) return RunFrom(next, request);
  std::string allowed;
  const Status match = Of(request).router.Match(request, &allowed);
  if (match) return RunFrom(next, request);
  net::Response response = Render(request, match.error());
  if (!allowed.empty()) response.headers.Add("Allow", allowed);
  return response;
}

net::Response Pipeline::CallHandler(net::Request& request, size_t /*next*/) {
  if (Of(request).auditor != nullptr) {
    const Status fits = Auditor::CheckFits(request);
    if (!fits) return Render(request, fits.error());
  }
  Result<net::Response> response = request.route->handler(request);
  return response ? *std::move(response) : Render(request, response.error());
}

net::Response Pipeline::Render(const net::Request& request, const Error& error) const {
  LogFailure(request, error);
  return request.route != nullptr ? request.route->render_error(error)
                                  : Of(request).router.RenderError(request.path, error);
}

net::Response Pipeline::Reject(net::Request& request, const Error& error) {
  // What never became a request was not prepared.
  if (request.held == nullptr) {
    request.held = generations_.Get();
    net::ResolveClient(request, {});
  }
  if (request.id.empty()) request.id = Hex(random_.Bytes(16));
  net::Response response = Render(request, error);
  response.headers.Add("x-request-id", request.id);
  return response;
}

void Pipeline::Finished(const net::Request& request, const net::Response& response,
                        const net::Outcome& outcome) {
  std::string_view route = "none";
  if (request.route != nullptr) route = request.route->pattern;
  metrics_.RequestDone(route, outcome.status,
                       std::chrono::duration<double>(outcome.duration).count(), outcome.bytes_out);
  LogLine line;
  line.Text("time", FormatTimestamp(clock_.Now()));
  line.Text("id", request.id);
  line.Text("peer", request.peer);
  if (request.client != net::AddressOfPeer(request.peer)) {
    line.Text("client", request.client.Text());
  }
  if (!request.principal.empty()) line.Text("principal", request.principal);
  line.Text("method", request.method_text);
  // Never the query, which holds signatures and page tokens; and of file links only their pattern.
  const bool secret = request.route != nullptr && request.route->access == net::Access::kSignedLink;
  line.Text("path", secret ? route : std::string_view(request.path));
  if (request.route != nullptr) line.Text("operation", request.route->operation);
  line.Number("status", outcome.status);
  line.Number("bytes", static_cast<int64_t>(outcome.bytes_out));
  line.Number("ms", outcome.duration.count());
  if (!outcome.complete) line.Json("complete", "false");
  if (response.error) line.Text("error", CodeName(response.error->code));
  const net::LogFields fields = FieldsOf(response);
  for (const auto& [name, value] : fields) line.Json(name, value);
  if (const auto agent = request.headers.Find("user-agent")) line.Text("agent", *agent);
  access_log_.WriteLine(std::move(line).Finish());
  if (request.held != nullptr && Of(request).auditor != nullptr &&
      Auditor::Records(request, response)) {
    Of(request).auditor->Result(request, response, outcome);
  }
}

std::string TraceId(std::string_view traceparent) {
  // W3C Trace Context §3.2: version-traceid-parentid-flags.
  if (traceparent.size() < 55 || traceparent[2] != '-' || traceparent[35] != '-') return {};
  const std::string_view id = traceparent.substr(3, 32);
  if (!IsLowerHex(id) || id.find_first_not_of('0') == std::string_view::npos) return {};
  return std::string(id);
}

}  // namespace sluice::server
