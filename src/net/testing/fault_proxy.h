// net/testing/fault_proxy.h -- stands before an HTTP/1.1 server and does to its answers what
// networks and servers in trouble do.
//
//   FaultProxy proxy(upstream_port, {.seed = 7, .probability = 0.2});
//   ... clients speak to 127.0.0.1:proxy.port() ...
//
// What is passed on is passed on byte for byte, Host included, but for the framing of chunked
// answers. Nothing hangs: every socket gives up after a while.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/testing/fault_plan.h"
#include "net/testing/socket_server.h"

namespace sluice::net::testing {

// One request or answer as it came.
struct FaultMessage {
  std::string head;  // with the blank line
  std::string body;
  bool to_end = false;  // an answer whose body ends with its connection

  std::string_view first_line() const {
    return std::string_view(head).substr(0, head.find("\r\n"));
  }
  // The value of a header; `name` in lower case.
  std::optional<std::string_view> Find(std::string_view name) const {
    const auto field = Locate(name);
    if (!field) return std::nullopt;
    std::string_view value = std::string_view(head).substr(field->first, field->second);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    return value;
  }
  bool Says(std::string_view name, std::string_view value) const {
    const auto found = Find(name);
    return found && found->size() == value.size() && SameText(*found, value);
  }
  std::optional<size_t> Length() const {
    const auto text = Find("content-length");
    size_t length = 0;
    if (!text ||
        std::from_chars(text->data(), text->data() + text->size(), length).ec != std::errc()) {
      return std::nullopt;
    }
    return length;
  }
  int status() const {
    int status = 0;
    if (head.size() > 12) std::from_chars(head.data() + 9, head.data() + 12, status);
    return status;
  }
  // Replaces a header, or adds it.
  void Set(std::string_view name, const std::string& value) {
    if (const auto field = Locate(name)) {
      head.replace(field->first, field->second, ' ' + value);
    } else {
      head.insert(head.size() - 2, std::string(name) + ": " + value + "\r\n");
    }
  }
  void Remove(std::string_view name) {
    const auto field = Locate(name);
    if (!field) return;
    const size_t begin = field->first - name.size() - 1;
    head.erase(begin, field->first + field->second + 2 - begin);
  }

 private:
  static bool SameText(std::string_view text, std::string_view lower) {
    return std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
      return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b);
    });
  }
  // Offset and length of what follows "name:".
  std::optional<std::pair<size_t, size_t>> Locate(std::string_view name) const {
    const std::string_view text = head;
    for (size_t at = text.find("\r\n"); at + 4 <= text.size(); at = text.find("\r\n", at + 2)) {
      const std::string_view line = text.substr(at + 2);
      if (line.size() > name.size() && line[name.size()] == ':' && SameText(line, name)) {
        const size_t begin = at + 2 + name.size() + 1;
        return std::pair(begin, text.find("\r\n", begin) - begin);
      }
    }
    return std::nullopt;
  }
};

class FaultProxy {
 public:
  FaultProxy(uint16_t upstream_port, FaultPlan plan)
      : upstream_port_(upstream_port),
        decider_(std::make_unique<FaultDecider>(std::move(plan))),
        server_([this](Socket& client) { ServeConnection(client); }) {}
  ~FaultProxy() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    stop_.notify_all();
    server_.Stop();
  }
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  uint16_t port() const { return server_.port(); }
  // Begins a run: from here on the plan's decisions start anew. Counts go on.
  void SetPlan(FaultPlan plan) {
    const std::lock_guard lock(mutex_);
    decider_ = std::make_unique<FaultDecider>(std::move(plan));
  }

  uint64_t requests() const { return requests_; }
  uint64_t faults() const { return requests_ - count(Fault::kNone); }
  uint64_t count(Fault fault) const { return counts_[static_cast<size_t>(fault)]; }
  uint64_t connections() const { return server_.connections(); }
  // Requests that the upstream did not answer: they got a 502 that is nobody's plan.
  uint64_t upstream_failures() const { return upstream_failures_; }

 private:
  using Decision = FaultDecider::Decision;
  enum class After { kKeep, kClose, kReset };

  // ---- one connection, request by request ----

  void ServeConnection(Socket& client) {
    std::optional<Socket> upstream;
    After after = After::kKeep;
    while (after == After::kKeep) after = ServeRequest(client, upstream);
    if (after == After::kReset) client.Reset();
  }

  After ServeRequest(Socket& client, std::optional<Socket>& upstream) {
    std::optional<std::string> head = client.TakeUntil("\r\n\r\n");
    if (!head) return After::kClose;
    FaultMessage request{.head = *std::move(head), .body = {}};
    ++requests_;
    Decision decision;
    std::chrono::milliseconds delay{0};
    {
      const std::lock_guard lock(mutex_);
      std::string key(request.first_line());
      decision = decider_->Decide(key.append(" ").append(request.Find("range").value_or("")));
      delay = decider_->plan().delay;
    }
    if (decision.fault == Fault::kCutBeforeRequest) {
      Count(decision.fault);
      return After::kReset;
    }
    if (!ReadBody(client, request)) return After::kClose;
    const bool is_head = request.head.starts_with("HEAD ");
    const std::string canned = CannedAnswer(decision.fault, !is_head);
    if (!canned.empty() && StandsIn(decision.fault, request)) {
      Count(decision.fault);
      return client.Send(canned) ? Keep(request) : After::kClose;
    }
    FaultMessage answer;
    if (!Forward(request, is_head, upstream, answer)) {
      ++upstream_failures_;
      Count(Fault::kNone);
      return client.Send(CannedAnswer(Fault::kBadGateway, !is_head)) ? Keep(request)
                                                                     : After::kClose;
    }
    decision.fault = Feasible(decision.fault, answer, is_head);
    Count(decision.fault);
    const After after = canned.empty() || decision.fault == Fault::kNone
                            ? Deliver(client, std::move(answer), decision, delay)
                            : (client.Send(canned) ? After::kKeep : After::kClose);
    return after == After::kKeep ? Keep(request) : after;
  }

  static After Keep(const FaultMessage& request) {
    return request.Says("connection", "close") ? After::kClose : After::kKeep;
  }

  // Whether the canned answer comes in place of the request, which then has no effect.
  static bool StandsIn(Fault fault, const FaultMessage& request) {
    if (fault == Fault::kInternalError || fault == Fault::kBadGateway) return false;
    const bool reads = request.head.starts_with("GET ") || request.head.starts_with("HEAD ");
    return reads || fault < Fault::kLongBody;
  }

  // A fault of the body needs one; a false success needs a true one.
  static Fault Feasible(Fault fault, const FaultMessage& answer, bool is_head) {
    if (fault == Fault::kEmpty200 || fault == Fault::kErrorIn200) {
      return answer.status() / 100 == 2 ? fault : Fault::kNone;
    }
    if (fault == Fault::kWrongLength && is_head) {
      return answer.Length().value_or(0) > 0 ? fault : Fault::kNone;
    }
    if (!answer.body.empty()) return fault;
    switch (fault) {
      case Fault::kCutInBody:
      case Fault::kTruncatedBody: return Fault::kCutInHead;
      case Fault::kLongBody:
      case Fault::kWrongLength:
      case Fault::kFlippedByte: return Fault::kNone;
      default: return fault;
    }
  }

  After Deliver(Socket& client, FaultMessage answer, Decision& decision,
                std::chrono::milliseconds delay) {
    const auto sent = [&](std::string_view bytes, After after) {
      return client.Send(bytes) ? after : After::kClose;
    };
    const After whole = answer.to_end ? After::kClose : After::kKeep;
    const size_t size = answer.body.size();
    switch (decision.fault) {
      case Fault::kCutAfterRequest: return After::kReset;
      case Fault::kGarbage: return sent("\x16\x03\x01 this is no HTTP\r\n\r\n\r\n", After::kClose);
      case Fault::kCutInHead:
        return sent(answer.head.substr(0, 1 + decision.dice.Below(answer.head.size() - 2)),
                    After::kClose);
      case Fault::kCutInBody:
        return sent(answer.head + answer.body.substr(0, decision.dice.Below(size)), After::kReset);
      case Fault::kTruncatedBody:
        return sent(answer.head + answer.body.substr(0, decision.dice.Below(size)), After::kClose);
      case Fault::kDelay: Pause(delay * decision.dice.Below(1001) / 1000); break;
      case Fault::kDrip: return Drip(client, answer.head + answer.body, delay, whole);
      case Fault::kLongBody:
        return sent(answer.head + answer.body + "HTTP/1.1 what is this doing here", whole);
      case Fault::kWrongLength:
        answer.Set("content-length", std::to_string(answer.Length().value_or(size) / 2));
        break;
      case Fault::kFlippedByte: {
        char& byte = answer.body[decision.dice.Below(size)];
        byte = static_cast<char>(byte ^ (1U << decision.dice.Below(8)));
        break;
      }
      default: break;
    }
    return sent(answer.head + answer.body, whole);
  }

  // Small pieces first; what is left when the time is over goes at once.
  After Drip(Socket& client, const std::string& bytes, std::chrono::milliseconds delay,
             After whole) {
    constexpr int kPieces = 20;
    constexpr size_t kPiece = 7;
    size_t at = 0;
    for (int i = 0; i < kPieces && at < bytes.size(); ++i, at += kPiece) {
      if (!client.Send(std::string_view(bytes).substr(at, kPiece))) return After::kClose;
      Pause(delay / kPieces);
    }
    if (at < bytes.size() && !client.Send(std::string_view(bytes).substr(at))) {
      return After::kClose;
    }
    return whole;
  }

  // ---- the upstream ----

  bool Forward(const FaultMessage& request, bool is_head, std::optional<Socket>& upstream,
               FaultMessage& answer) const {
    if (!upstream || !upstream->Quiet()) {
      upstream.reset();
      if (auto made = Socket::Connect(upstream_port_)) upstream.emplace(*std::move(made));
    }
    if (!upstream || !upstream->Send(request.head + request.body)) {
      upstream.reset();
      return false;
    }
    do {  // past interim answers
      std::optional<std::string> head = upstream->TakeUntil("\r\n\r\n");
      if (!head) {
        upstream.reset();
        return false;
      }
      answer.head = *std::move(head);
    } while (answer.status() / 100 == 1);
    const int status = answer.status();
    const bool bare = is_head || status == 204 || status == 304;
    if (!bare && !ReadBody(*upstream, answer, true)) {
      upstream.reset();
      return false;
    }
    if (answer.to_end || answer.Says("connection", "close")) {
      answer.to_end = true;  // the client is told that this connection ends: so it does
      upstream.reset();
    }
    return true;
  }

  // False: it did not come whole.
  static bool ReadBody(Socket& socket, FaultMessage& message, bool is_answer = false) {
    if (message.Says("expect", "100-continue")) {
      message.Remove("expect");
      if (!socket.Send("HTTP/1.1 100 Continue\r\n\r\n")) return false;
    }
    if (message.Says("transfer-encoding", "chunked")) return ReadChunks(socket, message);
    const std::optional<size_t> length = message.Length();
    if (!length && is_answer) {
      message.body = socket.TakeToEnd();
      message.to_end = true;
      return true;
    }
    std::optional<std::string> body = socket.TakeBytes(length.value_or(0));
    if (body) message.body = *std::move(body);
    return body.has_value();
  }

  // The body then goes on with its length, so that there is one way to break it.
  static bool ReadChunks(Socket& socket, FaultMessage& message) {
    for (;;) {
      const auto line = socket.TakeUntil("\r\n");
      size_t size = 0;
      if (!line ||
          std::from_chars(line->data(), line->data() + line->size(), size, 16).ec != std::errc()) {
        return false;
      }
      if (size == 0) break;
      const auto piece = socket.TakeBytes(size + 2);
      if (!piece) return false;
      message.body.append(*piece, 0, size);
    }
    std::optional<std::string> trailer;
    do {
      trailer = socket.TakeUntil("\r\n");
    } while (trailer && *trailer != "\r\n");
    if (!trailer) return false;
    message.Remove("transfer-encoding");
    message.Set("Content-Length", std::to_string(message.body.size()));
    return true;
  }

  void Pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    stop_.wait_for(lock, time, [this] { return stopping_; });
  }
  void Count(Fault fault) { ++counts_[static_cast<size_t>(fault)]; }

  const uint16_t upstream_port_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::unique_ptr<FaultDecider> decider_;
  std::atomic<uint64_t> requests_{0};
  std::atomic<uint64_t> upstream_failures_{0};
  std::array<std::atomic<uint64_t>, kFaultKinds> counts_{};
  SocketServer server_;  // last: its threads use all others
};

}  // namespace sluice::net::testing
