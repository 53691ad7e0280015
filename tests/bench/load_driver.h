// bench/load_driver.h -- asks, waits, measures: one thread and epoll, however many connections.
//
// Closed loop: N connections, each asks again when its answer is whole; a slow server is asked
// less. Open loop (--rate): requests are due at fixed times whatever the answers do, they wait for
// a free connection, and latency counts from the time that they were due: a server that stalls is
// not spared the requests of the meantime. All that was due is asked, also behind the end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "answer_reader.h"
#include "load_figures.h"
#include "load_options.h"
#include "peer.h"

namespace sluice::bench {

class Driver {
 public:
  explicit Driver(Options options);
  Figures Run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Asked {
    Clock::time_point due;
    size_t kind = 0;
    bool next_page = false;
  };
  struct Connection {
    std::unique_ptr<Link> link;
    std::optional<Asked> asked;  // what is under way
    std::optional<float> first_byte_ms;
    AnswerReader reader;
  };

  void Connect(size_t index);
  void RunFor(double seconds, uint64_t count);
  void AskWhatIsDue(Clock::time_point now);
  void Ask(size_t index, const Asked& asked, const std::string& bytes);
  void AskNew(size_t index, const Asked& asked);
  void Poll(Clock::time_point until);
  void Receive(size_t index);
  void Answered(size_t index);
  void Broken(size_t index);
  void Free(size_t index);
  bool AskNextPage(size_t index, const Asked& asked, const std::string& token);
  Samples& SamplesOf(const Asked& asked);
  Asked New(Clock::time_point due) { return {due, pick_(random_), false}; }
  void GiveUp();

  Options options_;
  Peer peer_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<size_t> idle_;    // connections; the longest idle one first, so that all are used
  std::deque<Asked> waiting_;  // open loop: due, and no connection was free
  std::discrete_distribution<size_t> pick_;
  std::mt19937_64 random_{42};
  std::vector<char> buffer_ = std::vector<char>(256 << 10);
  Figures figures_;
  uint64_t count_left_ = 0;
  bool over_ = false;  // nothing new becomes due
  Clock::time_point start_{};
  uint64_t made_ = 0;  // open loop: how many became due since the start
};

}  // namespace sluice::bench
