// net/session.h -- one connection, from accept to close, as a state machine on its I/O loop.
//
// Run() takes steps while they lead on, then waits for exactly what is missing: the socket, a
// worker, or a deadline. An idle connection holds this object, its socket and one timer.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/exchange.h"
#include "net/io_loop.h"
#include "net/output.h"
#include "net/request_parser.h"
#include "net/server.h"
#include "net/transport.h"
#include "net/worker_pool.h"

namespace sluice::net {

// What the sessions of a server share. Outlives them.
struct SessionHost {
  ServerOptions options;
  Dispatcher& dispatcher;
  const Clock& clock;
  Metrics& metrics;
  WorkerPool pool;
  CurrentTls tls;
  std::atomic<bool> draining{false};
  std::function<void()> on_closed{};  // on the session's loop, as its last act
};

// All calls on the loop's thread.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(IoLoop& loop, SessionHost& host, boost::asio::ip::tcp::socket socket, std::string peer,
          std::string local);

  // Puts the session into the loop's list and begins.
  void Start();
  // The server stops: closes the connection if it is idle, else after the answer that runs.
  void Drain();
  // Closes now; a worker that has the exchange is waited for.
  void Cut();
  // Closes although a worker was to come back; for when there are no workers any more.
  void Abort();

 private:
  using Steady = std::chrono::steady_clock;
  static constexpr Steady::time_point kNever = Steady::time_point::max();

  enum class Phase {
    kHandshake,
    kReading,    // idle while there is no exchange
    kHandling,   // a worker runs the handler
    kSending,    // output waits for the socket
    kPulling,    // a worker takes the next turn of the body
    kLingering,  // all is said; what the client still sends is dropped
    kClosed,
  };

  // Steps. True: take the next one at once.
  void Run();
  bool Step();
  bool Handshake();
  bool Read();
  bool Parse(std::string_view fresh);
  bool Send();
  bool Linger();

  bool BeginRequest(std::string_view& bytes);
  void KeepRest(std::string_view rest);
  bool AfterHeader();
  bool Dispatch();
  bool HandOver(bool run_handler);
  bool Refuse(Error error, std::string_view metric, bool close);
  bool StartAnswer();
  bool AddTurn();
  bool PullTurn();
  bool FinishAnswer();
  bool EndConnection(bool linger);

  void OnTurn(const std::shared_ptr<Exchange>& exchange);
  void PostTurn(std::shared_ptr<Exchange> exchange);
  void OnTimeout();
  void AnswerLate();
  void Report(bool complete);
  void Close();

  // `what` is kWaitRead or kWaitWrite. Always false, so that a step can end with it.
  bool Wait(IoState what);
  void OnReady(IoState what);
  void SetDeadline(Steady::time_point when);
  void OnTimer(Steady::time_point armed);
  bool WaitForSocket(IoState what, bool progress);

  IoLoop& loop_;
  SessionHost& host_;
  Transport transport_;
  boost::asio::steady_timer timer_;
  const std::string peer_;
  const std::string local_;
  std::list<std::shared_ptr<Session>>::iterator self_;

  Phase phase_ = Phase::kReading;
  bool readable_ = false;  // the socket was reported readable and not read since
  bool waits_read_ = false;
  bool waits_write_ = false;
  bool unseen_input_ = false;  // input_ holds bytes of a pipelined request
  bool close_after_ = false;   // ends with the answer that is being sent
  bool linger_after_ = false;  // and the client may still be sending
  bool in_body_ = false;
  bool cut_ = false;  // close as soon as the worker gives the exchange back
  Steady::time_point deadline_ = kNever;
  Steady::time_point armed_ = kNever;       // when the timer fires; never later than deadline_
  Steady::time_point stalled_at_ = kNever;  // when a write without progress becomes a stall

  std::string input_;  // read but not yet parsed
  std::shared_ptr<Exchange> exchange_;
  std::optional<RequestParser> parser_;
  Output output_;
};

}  // namespace sluice::net
