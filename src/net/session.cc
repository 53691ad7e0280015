#include "net/session.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <utility>

namespace sluice::net {
namespace {

// Steps of one session before the others of its loop get their turn.
constexpr int kStepsInARow = 64;
// How long a client may go on sending what nobody reads. Closing at once would reset the connection
// and could take our answer from its hands.
constexpr std::chrono::seconds kLingerTime{2};
// An idle connection gives larger buffers back.
constexpr size_t kKeptInput = 1024;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace

Session::Session(IoLoop& loop, SessionHost& host, boost::asio::ip::tcp::socket socket,
                 std::string peer, std::string local)
    : loop_(loop),
      host_(host),
      transport_(std::move(socket), host.tls.Get().get()),
      timer_(loop.io),
      peer_(std::move(peer)),
      local_(std::move(local)) {}

void Session::Start() {
  loop_.sessions.push_front(shared_from_this());
  self_ = loop_.sessions.begin();
  host_.metrics.ConnectionOpened();
  const Steady::time_point now = Steady::now();
  if (transport_.tls()) {
    phase_ = Phase::kHandshake;
    SetDeadline(now + host_.options.header_timeout);
  } else {
    SetDeadline(now + host_.options.idle_timeout);
  }
  Run();
}

void Session::Run() {
  const std::shared_ptr<Session> self = shared_from_this();
  for (int steps = 0; Step(); ++steps) {
    if (steps < kStepsInARow) continue;
    boost::asio::post(loop_.io, [self] { self->Run(); });
    return;
  }
}

bool Session::Step() {
  switch (phase_) {
    case Phase::kHandshake: return Handshake();
    case Phase::kReading: return Read();
    case Phase::kSending: return Send();
    case Phase::kLingering: return Linger();
    case Phase::kHandling:
    case Phase::kPulling:
    case Phase::kClosed: return false;
  }
  return false;
}

bool Session::Handshake() {
  const IoResult result = transport_.Handshake();
  if (result.state == IoState::kClosed) return EndConnection(false);
  if (result.state != IoState::kDone) return Wait(result.state);
  phase_ = Phase::kReading;
  SetDeadline(Steady::now() + host_.options.idle_timeout);
  return true;
}

// ---- reading a request ----

bool Session::Read() {
  if (std::exchange(unseen_input_, false)) return Parse({});
  if (!readable_ && !transport_.has_buffered_input()) return Wait(IoState::kWaitRead);
  readable_ = false;
  const IoResult result = transport_.Read(loop_.scratch);
  switch (result.state) {
    case IoState::kDone: return Parse({loop_.scratch.data(), result.bytes});
    case IoState::kClosed: Close(); return false;
    default: return Wait(result.state);
  }
}

bool Session::Parse(std::string_view fresh) {
  if (!input_.empty()) input_.append(fresh);
  std::string_view bytes = input_.empty() ? fresh : std::string_view(input_);
  if (!exchange_ && !BeginRequest(bytes)) {
    KeepRest(bytes);
    return true;
  }
  const bool had_header = parser_->header_done();
  Result<size_t> used = parser_->Put(bytes);
  if (!used) return Refuse(std::move(used.error()), "malformed", true);
  KeepRest(bytes.substr(*used));
  if (parser_->done()) return Dispatch();
  if (parser_->header_done()) return had_header || AfterHeader();
  SetDeadline(exchange_->began + host_.options.header_timeout);
  return true;
}

// False: no byte of a request is there yet. Empty lines before one are skipped (RFC 9112 §2.2).
bool Session::BeginRequest(std::string_view& bytes) {
  while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  if (bytes.empty() || bytes == "\r") return false;
  exchange_ = std::make_shared<Exchange>();
  exchange_->began = Steady::now();
  Request& request = exchange_->request;
  request.received = host_.clock.Now();
  request.peer = peer_;
  request.local = local_;
  request.tls = transport_.tls();
  parser_.emplace(request, ParseLimits{host_.options.max_header, host_.options.max_body});
  in_body_ = false;
  return true;
}

// `rest` is a view into the scratch buffer or the tail of input_.
void Session::KeepRest(std::string_view rest) {
  if (input_.empty()) {
    input_.assign(rest);
  } else {
    input_.erase(0, input_.size() - rest.size());
  }
}

// The header is whole, the body is not.
bool Session::AfterHeader() {
  SetDeadline(Steady::now() + host_.options.body_timeout);
  if (!parser_->expects_continue() || !exchange_->request.body.empty() || !input_.empty()) {
    return true;
  }
  const iovec part{const_cast<char*>(kContinue.data()), kContinue.size()};
  const IoResult result = transport_.Write({&part, 1}, false);
  // A socket that has no room for this line is not one to wait for.
  if (result.state != IoState::kDone || result.bytes != kContinue.size()) {
    Close();
    return false;
  }
  return true;
}

// ---- the answer is found ----

bool Session::Dispatch() {
  Exchange& exchange = *exchange_;
  exchange.http11 = parser_->http11();
  exchange.keeps_alive = parser_->keeps_alive();
  parser_.reset();
  if (!host_.dispatcher.Prepare(exchange.request)) return HandOver(true);
  exchange.response = host_.dispatcher.Handle(exchange.request);
  PlanBody(exchange);
  return NeedsWorker(exchange) ? HandOver(false) : StartAnswer();
}

// To a worker, for the handler and the first turn of the body. False: it went.
bool Session::HandOver(bool run_handler) {
  const Millis limit = host_.options.first_byte_timeout;
  SetDeadline(limit == Millis{0} ? kNever : Steady::now() + limit);
  phase_ = Phase::kHandling;
  exchange_->id = exchange_->request.id;
  exchange_->route = exchange_->request.route;
  exchange_->held = exchange_->request.held;
  auto job = [self = shared_from_this(), exchange = exchange_, run_handler]() mutable {
    if (run_handler) {
      exchange->response = self->host_.dispatcher.Handle(exchange->request);
      PlanBody(*exchange);
    }
    ProduceFirstTurn(*exchange);
    self->PostTurn(std::move(exchange));
  };
  if (host_.pool.Submit(std::move(job))) return false;
  Error error{Code::kUnavailable, "the server is busy, try again later", "queue full", {}};
  return Refuse(std::move(error), "queue_full", false);
}

// On a worker: the exchange goes back to the loop.
void Session::PostTurn(std::shared_ptr<Exchange> exchange) {
  boost::asio::post(loop_.io, [self = shared_from_this(), exchange = std::move(exchange)] {
    self->OnTurn(exchange);
  });
}

void Session::OnTurn(const std::shared_ptr<Exchange>& exchange) {
  if (exchange != exchange_) return;  // it came too late and was answered otherwise
  if (cut_) return Abort();
  if (phase_ == Phase::kHandling) {
    if (exchange->failure) {
      Refuse(std::move(*std::exchange(exchange->failure, std::nullopt)), "body_failed", true);
    } else {
      StartAnswer();
    }
  } else if (!AddTurn()) {
    return;
  }
  Run();
}

bool Session::Refuse(Error error, std::string_view metric, bool close) {
  if (error.reason == kReasonHeaderTooLarge) metric = "header_too_large";
  if (error.reason == kReasonBodyTooLarge) metric = "body_too_large";
  host_.metrics.RequestRejected(metric);
  Exchange& exchange = *exchange_;
  if (parser_) {
    exchange.http11 = parser_->http11();
    linger_after_ = true;
    parser_.reset();
  }
  exchange.response = host_.dispatcher.Reject(exchange.request, error);
  Response& response = exchange.response;
  if (response.status == HttpStatus(error.code)) response.status = HttpStatus(error);
  response.close = response.close || close;
  if (!response.error) response.error = std::move(error);
  exchange.buffer.reset();
  exchange.filled = 0;
  // A refusal is short; there may be no worker to produce a long one.
  if (!std::holds_alternative<std::string>(response.body)) response.body = std::string();
  PlanBody(exchange);
  return StartAnswer();
}

// ---- sending ----

bool Session::StartAnswer() {
  SetDeadline(kNever);
  Exchange& exchange = *exchange_;
  exchange.answered = true;
  exchange.by_sendfile = exchange.mode == BodyMode::kFile && !transport_.tls();
  close_after_ = exchange.response.close || !exchange.keeps_alive || host_.draining ||
                 (exchange.mode == BodyMode::kStream && !exchange.http11);
  exchange.head.reserve(512);
  AppendHead(exchange.response, FrameBody(exchange, close_after_), loop_.date.At(host_.clock.Now()),
             exchange.head);
  output_.AddFraming(exchange.head);
  phase_ = Phase::kSending;
  stalled_at_ = kNever;
  switch (exchange.mode) {
    case BodyMode::kNone: exchange.last = true; return true;
    case BodyMode::kMemory:
      exchange.last = true;
      output_.AddBody(*BytesOf(exchange.response));
      return true;
    case BodyMode::kStream:
    case BodyMode::kFile: return AddTurn();
  }
  return true;
}

// Puts what a worker produced into the output. False: the connection is over.
bool Session::AddTurn() {
  Exchange& exchange = *exchange_;
  if (exchange.failure) {
    exchange.response.error = std::move(*std::exchange(exchange.failure, std::nullopt));
    Abort();
    return false;
  }
  phase_ = Phase::kSending;
  exchange.bytes_out += exchange.moved;
  const std::string_view bytes(exchange.buffer.get(), exchange.filled);
  if (exchange.mode == BodyMode::kFile || !exchange.http11) {
    output_.AddBody(bytes);
    return true;
  }
  if (!bytes.empty()) {
    exchange.chunk_head = fmt::format("{:x}\r\n", bytes.size());
    output_.AddFraming(exchange.chunk_head);
    output_.AddBody(bytes);
    output_.AddFraming(kLastChunk.substr(3));
  }
  if (exchange.last) output_.AddFraming(kLastChunk);
  return true;
}

bool Session::Send() {
  Exchange& exchange = *exchange_;
  if (output_.empty()) {
    if (exchange.last) return FinishAnswer();
    if (!std::exchange(exchange.blocked, false)) return PullTurn();
    return WaitForSocket(IoState::kWaitWrite, exchange.moved > 0);
  }
  const bool more = exchange.by_sendfile && !exchange.last;
  const IoResult result = transport_.Write(output_.parts(), more);
  switch (result.state) {
    case IoState::kDone:
      exchange.bytes_out += output_.Consume(result.bytes);
      stalled_at_ = kNever;
      return true;
    case IoState::kClosed: Abort(); return false;
    default: return WaitForSocket(result.state, false);
  }
}

// Waits until the socket takes more, but no longer than a stall may last.
bool Session::WaitForSocket(IoState what, bool progress) {
  if (progress || stalled_at_ == kNever) stalled_at_ = Steady::now() + host_.options.write_stall;
  SetDeadline(stalled_at_);
  return Wait(what);
}

bool Session::PullTurn() {
  SetDeadline(kNever);
  phase_ = Phase::kPulling;
  const int socket = transport_.tls() ? -1 : transport_.fd();
  auto job = [self = shared_from_this(), exchange = exchange_, socket]() mutable {
    ProduceTurn(*exchange, socket);
    self->PostTurn(std::move(exchange));
  };
  if (!host_.pool.Continue(std::move(job))) Abort();
  return false;
}

bool Session::FinishAnswer() {
  Report(true);
  exchange_.reset();
  if (close_after_ || host_.draining) {
    return EndConnection(std::exchange(linger_after_, false) || !input_.empty());
  }
  phase_ = Phase::kReading;
  unseen_input_ = !input_.empty();
  if (input_.empty() && input_.capacity() > kKeptInput) std::string().swap(input_);
  SetDeadline(Steady::now() + host_.options.idle_timeout);
  return true;
}

void Session::Report(bool complete) {
  const Exchange& exchange = *exchange_;
  Outcome outcome;
  outcome.status = exchange.answered ? exchange.response.status : 0;
  outcome.bytes_out = exchange.bytes_out;
  outcome.duration = std::chrono::duration_cast<Millis>(Steady::now() - exchange.began);
  outcome.complete = complete;
  host_.dispatcher.Finished(exchange.request, exchange.response, outcome);
}

// ---- the end of the connection ----

bool Session::EndConnection(bool linger) {
  transport_.ShutdownWrite();
  if (!linger) {
    Close();
    return false;
  }
  phase_ = Phase::kLingering;
  SetDeadline(Steady::now() + kLingerTime);
  return true;
}

bool Session::Linger() {
  const IoResult result = transport_.Discard(loop_.scratch);
  if (result.state == IoState::kDone) return true;
  if (result.state != IoState::kClosed) return Wait(result.state);
  Close();
  return false;
}

void Session::Drain() {
  const bool idle = phase_ == Phase::kReading && !exchange_;
  if (idle || phase_ == Phase::kHandshake) EndConnection(false);
}

void Session::Cut() {
  if (phase_ == Phase::kHandling || phase_ == Phase::kPulling) {
    cut_ = true;
    transport_.Break();
  } else {
    Abort();
  }
}

void Session::Abort() {
  if (phase_ == Phase::kHandling || phase_ == Phase::kSending || phase_ == Phase::kPulling) {
    Report(false);
  }
  Close();
}

void Session::Close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  timer_.cancel();
  transport_.Close();
  parser_.reset();
  exchange_.reset();
  host_.metrics.ConnectionClosed();
  const std::shared_ptr<Session> self = shared_from_this();
  loop_.sessions.erase(self_);
  host_.on_closed();
}

// ---- waiting ----

bool Session::Wait(IoState what) {
  bool& waits = what == IoState::kWaitRead ? waits_read_ : waits_write_;
  if (waits) return false;
  waits = true;
  transport_.Wait(what, [self = shared_from_this(), what](const boost::system::error_code&) {
    self->OnReady(what);
  });
  return false;
}

// An error of the wait shows again in the operation that follows.
void Session::OnReady(IoState what) {
  if (what == IoState::kWaitRead) {
    waits_read_ = false;
    readable_ = true;
  } else {
    waits_write_ = false;
  }
  Run();
}

// Deadlines move with every request, mostly to later: the timer is touched only for an earlier one,
// and looks again when it fires.
void Session::SetDeadline(Steady::time_point when) {
  deadline_ = when;
  if (when >= armed_) return;
  armed_ = when;
  timer_.expires_at(when);
  timer_.async_wait([self = shared_from_this(), when](const boost::system::error_code& ec) {
    if (!ec) self->OnTimer(when);
  });
}

void Session::OnTimer(Steady::time_point armed) {
  if (phase_ == Phase::kClosed || armed != armed_) return;
  armed_ = kNever;
  if (deadline_ == kNever) return;
  if (Steady::now() < deadline_) return SetDeadline(deadline_);
  deadline_ = kNever;
  OnTimeout();
}

void Session::OnTimeout() {
  const std::shared_ptr<Session> self = shared_from_this();
  switch (phase_) {
    case Phase::kHandshake:
    case Phase::kLingering: return Close();
    case Phase::kReading:
      if (!exchange_) {
        EndConnection(false);
        return;
      }
      Refuse({Code::kInvalidArgument, "the request took too long to arrive", {}, kReasonTooSlow},
             "slow_request", true);
      return Run();
    case Phase::kHandling: return AnswerLate();
    case Phase::kSending: return Abort();
    case Phase::kPulling:
    case Phase::kClosed: return;
  }
}

// The worker keeps the old exchange; what it still makes of it is dropped.
void Session::AnswerLate() {
  exchange_ = CopyOfWire(*exchange_);
  Refuse(
      {Code::kUnavailable, "the answer took too long, try again later", "first byte timeout", {}},
      "first_byte_timeout", true);
  Run();
}

}  // namespace sluice::net
