// net/http.h -- one request as it came, one response as it goes.
//
// Plain data, free of the HTTP library, so that the rooms above compile without it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ip_network.h"
#include "base/result.h"

namespace sluice::net {

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };
std::string_view MethodName(Method method);

// Header fields in order of arrival; names compare without regard to case.
class Headers {
 public:
  void Add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // Replaces all fields of that name.
  void Set(std::string_view name, std::string value);
  // The first field of that name, or nullopt.
  std::optional<std::string_view> Find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// The query string, decoded ('+' is a space, as browsers and Python's requests send it).
class QueryParams {
 public:
  // Errors: kInvalidArgument  a broken percent escape
  static Result<QueryParams> Parse(std::string_view raw);
  std::optional<std::string_view> Find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return params_; }

 private:
  std::vector<std::pair<std::string, std::string>> params_;
};

struct Route;  // net/router.h

struct Request {
  Method method = Method::kGet;
  std::string method_text;  // as it came, for kOther
  std::string target;       // as it came: path and query, still encoded
  std::string path;         // the path part of `target`, still encoded
  QueryParams query;
  Headers headers;
  std::string body;
  std::string peer;   // "127.0.0.1:50312"
  std::string local;  // the address that was connected to: "127.0.0.1:8080"
  bool tls = false;
  TimePoint received{};

  // Filled by the pipeline.
  IpAddress client;              // whose request it is: the peer, or whom trusted proxies name
  std::string forwarded_scheme;  // "https", "http": how the client reached a trusted proxy; empty:
  std::string forwarded_host;    // no trusted proxy said so
  std::string id;                // 32 hex digits: the trace id of W3C traceparent
  const Route* route = nullptr;  // null: no route matched
  std::vector<std::pair<std::string_view, std::string>> params;  // {share} -> decoded text
  std::string principal;                                         // who calls; empty: nobody
  // What the route and the answer's body refer to. Set before `route` and not changed after; the
  // server keeps it until the answer is over.
  std::shared_ptr<const void> held;

  // A path parameter of the route; the route table guarantees that it is there.
  std::string_view Param(std::string_view name) const;
  // scheme://host[:port] as this client reaches us, for links in answers: what a trusted proxy
  // says, else the Host header, else `local`; only a sound host counts.
  std::string Origin() const;
};

// Facts about an answer for the access log, never secrets. Values are JSON text already.
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

// A body that is produced while it is sent. Pulled by a worker thread when the socket can take
// more; never by two threads at once. Destroyed without being read to its end when the client goes.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // Fills at most out.size() bytes (never less than 48 KiB are asked for) and returns how many; 0
  // is the end. Short pieces that come quickly are put together before they are sent. An error of
  // the first call is still answered as one (Dispatcher::Reject); a later one breaks the
  // connection, so that the client sees that the answer is not whole.
  virtual Result<size_t> Next(std::span<char> out) = 0;
  // What is known once it was sent, or given up.
  virtual void AddLogFields(LogFields& /*fields*/) const {}
};

// Bytes of an open file; owns `fd`. Sent with sendfile where the connection is plain.
class FileBody {
 public:
  FileBody(int fd, uint64_t offset, uint64_t length) : fd_(fd), offset_(offset), length_(length) {}
  ~FileBody();
  FileBody(FileBody&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), offset_(other.offset_), length_(other.length_) {}
  FileBody& operator=(FileBody&& other) noexcept;
  int fd() const { return fd_; }
  uint64_t offset() const { return offset_; }
  uint64_t length() const { return length_; }

 private:
  int fd_;
  uint64_t offset_;
  uint64_t length_;
};

// Bytes that are never let go, as those of the program itself: sent without a copy.
struct StaticBody {
  std::string_view bytes;
};

struct Response {
  int status = 200;
  Headers headers{};  // Content-Length, Transfer-Encoding, Connection and Date are the server's
  std::variant<std::string, StaticBody, std::unique_ptr<BodySource>, FileBody> body{};
  // For HEAD: the length that GET would have sent; the body is left out.
  std::optional<uint64_t> head_length{};
  bool close = false;  // end the connection after this answer

  LogFields log_fields{};  // what is known before the body is sent
  // The failure behind an error answer, with its detail, for the log.
  std::optional<Error> error{};

  static Response Text(int status, std::string_view content_type, std::string body);
};

// The HTTP status that stands for a code. The only place where the two meet.
int HttpStatus(Code code);
std::string_view ReasonPhrase(int status);

// Reasons of refusals that HTTP has a status of their own for.
inline constexpr std::string_view kReasonHeaderTooLarge = "HEADER_TOO_LARGE";      // 431
inline constexpr std::string_view kReasonBodyTooLarge = "BODY_TOO_LARGE";          // 413
inline constexpr std::string_view kReasonTooSlow = "REQUEST_TIMEOUT";              // 408
inline constexpr std::string_view kReasonMethodNotAllowed = "METHOD_NOT_ALLOWED";  // 405
inline constexpr std::string_view kReasonMediaType = "UNSUPPORTED_MEDIA_TYPE";     // 415
inline constexpr std::string_view kReasonRange = "RANGE_NOT_SATISFIABLE";          // 416
// The status of those reasons, else that of the code.
int HttpStatus(const Error& error);

}  // namespace sluice::net
