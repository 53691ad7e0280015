// bench/load_figures.h -- what was measured, and how it is told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "answer_reader.h"
#include "load_options.h"

namespace sluice::bench {

// Answers of one kind. "Broken": the connection ended before the answer did.
struct Samples {
  std::vector<float> latency_ms, first_byte_ms;
  uint64_t answers = 0, not_ok = 0, broken = 0, bytes = 0, lines = 0;
  std::map<int, uint64_t> statuses;

  void Add(const AnswerReader& answer, float first_byte, float latency);
  void Add(const Samples& other);
};

// CPU time and memory of a process, from /proc.
struct ProcessFigures {
  double cpu_seconds = 0;
  uint64_t rss_kib = 0, peak_kib = 0;
};
ProcessFigures MeasureProcess(int pid);  // 0: nothing
double OwnCpuSeconds();

// Counters that a server offers, by series.
using Counters = std::map<std::string, double>;
Counters ReadCounters(const Url& metrics, Verify verify, const std::string& name);

struct Figures {
  std::map<std::string, Samples> kinds;   // by name
  std::map<std::string, Samples> groups;  // by the names' groups
  std::vector<float> waited_ms;           // open loop: from due to sent
  uint64_t unanswered = 0;                // when patience ended
  double seconds = 0, driver_cpu_seconds = 0, server_cpu_seconds = 0;
  uint64_t rss_kib = 0, peak_kib = 0;
  Counters counters;  // what they grew by
};

std::string AsJson(Figures& figures, const Options& options);
std::string AsTable(Figures& figures, const Options& options);

}  // namespace sluice::bench
