#include "load_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

namespace sluice::bench {

namespace json = boost::json;

namespace {

double Percentile(std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const size_t at =
      std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return static_cast<double>(values[at]);
}

double AtLeastOne(uint64_t n) { return static_cast<double>(std::max<uint64_t>(1, n)); }

json::object Fields(Samples& samples, double seconds) {
  json::object statuses;
  for (const auto& [status, count] : samples.statuses) statuses[std::to_string(status)] = count;
  return {{"answers", samples.answers},
          {"statuses", std::move(statuses)},
          {"not_ok", samples.not_ok},
          {"broken", samples.broken},
          {"per_second", static_cast<double>(samples.answers) / seconds},
          {"lines_per_second", static_cast<double>(samples.lines) / seconds},
          {"bytes_per_second", static_cast<double>(samples.bytes) / seconds},
          {"p50_ms", Percentile(samples.latency_ms, .5)},
          {"p95_ms", Percentile(samples.latency_ms, .95)},
          {"p99_ms", Percentile(samples.latency_ms, .99)},
          {"max_ms", Percentile(samples.latency_ms, 1)},
          {"first_byte_p50_ms", Percentile(samples.first_byte_ms, .5)},
          {"first_byte_p99_ms", Percentile(samples.first_byte_ms, .99)},
          {"lines_per_answer", static_cast<double>(samples.lines) / AtLeastOne(samples.answers)},
          {"bytes", samples.bytes}};
}

uint64_t StatusField(int pid, std::string_view name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  }
  return 0;
}

Samples All(const Figures& figures) {
  Samples all;
  for (const auto& [name, samples] : figures.kinds) all.Add(samples);
  return all;
}

[[gnu::format(printf, 2, 3)]] void Print(std::string& out, const char* format, ...) {
  char line[512];
  va_list values;
  va_start(values, format);
  const int n = std::vsnprintf(line, sizeof line, format, values);
  va_end(values);
  out.append(line, static_cast<size_t>(std::clamp(n, 0, static_cast<int>(sizeof line) - 1)));
}

void PrintRow(std::string& out, const std::string& name, Samples& samples, double seconds) {
  Print(out, "%-34.34s %9llu %8.1f %9.2f %9.2f %9.2f %9.2f %9.2f %10.1f\n", name.c_str(),
        static_cast<unsigned long long>(samples.answers),
        static_cast<double>(samples.answers) / seconds, Percentile(samples.latency_ms, .5),
        Percentile(samples.latency_ms, .95), Percentile(samples.latency_ms, .99),
        Percentile(samples.latency_ms, 1), Percentile(samples.first_byte_ms, .5),
        static_cast<double>(samples.lines) / AtLeastOne(samples.answers));
}

}  // namespace

void Samples::Add(const AnswerReader& answer, float first_byte, float latency) {
  ++answers;
  ++statuses[answer.status()];
  if (answer.status() / 100 != 2) ++not_ok;
  latency_ms.push_back(latency);
  first_byte_ms.push_back(first_byte);
  bytes += answer.body_bytes();
  lines += answer.newlines();
}

void Samples::Add(const Samples& other) {
  answers += other.answers;
  not_ok += other.not_ok;
  broken += other.broken;
  for (const auto& [status, count] : other.statuses) statuses[status] += count;
  bytes += other.bytes;
  lines += other.lines;
  latency_ms.insert(latency_ms.end(), other.latency_ms.begin(), other.latency_ms.end());
  first_byte_ms.insert(first_byte_ms.end(), other.first_byte_ms.begin(), other.first_byte_ms.end());
}

ProcessFigures MeasureProcess(int pid) {
  ProcessFigures figures;
  if (pid == 0) return figures;
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  const size_t end = text.rfind(')');  // the name may hold spaces
  if (end == std::string::npos) Die("no process " + std::to_string(pid));
  std::istringstream fields(text.substr(end + 1));
  std::string skip;
  for (int i = 0; i < 11; ++i) fields >> skip;
  double user = 0, system = 0;
  fields >> user >> system;
  figures.cpu_seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  figures.rss_kib = StatusField(pid, "VmRSS:");
  figures.peak_kib = StatusField(pid, "VmHWM:");
  return figures;
}

double OwnCpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::string AsJson(Figures& figures, const Options& options) {
  Samples all = All(figures);
  json::object out = Fields(all, figures.seconds);
  const double cpu = figures.server_cpu_seconds;
  out["seconds"] = figures.seconds;
  out["unanswered"] = figures.unanswered;
  out["driver_cpu_seconds"] = figures.driver_cpu_seconds;
  if (options.rate > 0) {
    out["rate"] = options.rate;
    out["waited_p99_ms"] = Percentile(figures.waited_ms, .99);
  }
  if (options.pid != 0) {
    out["server_cpu_seconds"] = cpu;
    out["server_cpu_us_per_answer"] = cpu * 1e6 / AtLeastOne(all.answers);
    out["server_cpu_us_per_line"] = cpu * 1e6 / AtLeastOne(all.lines);
    out["server_rss_kib"] = figures.rss_kib;
    out["server_peak_kib"] = figures.peak_kib;
  }
  for (auto [field, named] : {std::pair("kinds", &figures.kinds), {"groups", &figures.groups}}) {
    json::object& kinds = out[field].emplace_object();
    for (auto& [name, samples] : *named) kinds[name] = Fields(samples, figures.seconds);
  }
  json::object& counters = out["counters"].emplace_object();
  for (const auto& [series, grown] : figures.counters) counters[series] = grown;
  return json::serialize(out) + "\n";
}

std::string AsTable(Figures& figures, const Options& options) {
  Samples all = All(figures);
  std::string out;
  Print(out, "%llu answers in %.1f s; %llu not 2xx, %llu broken, %llu unanswered\n\n",
        static_cast<unsigned long long>(all.answers), figures.seconds,
        static_cast<unsigned long long>(all.not_ok), static_cast<unsigned long long>(all.broken),
        static_cast<unsigned long long>(figures.unanswered));
  Print(out, "%-34s %9s %8s %9s %9s %9s %9s %9s %10s\n", "milliseconds", "answers", "each s", "p50",
        "p95", "p99", "max", "1st byte", "lines each");
  for (auto& [name, samples] : figures.kinds) PrintRow(out, name, samples, figures.seconds);
  for (auto& [name, samples] : figures.groups) {
    PrintRow(out, name + "/*", samples, figures.seconds);
  }
  if (figures.kinds.size() > 1) PrintRow(out, "all", all, figures.seconds);
  out += "\n";
  for (const auto& [status, count] : all.statuses) {
    if (status / 100 != 2) {
      Print(out, "status %d: %llu\n", status, static_cast<unsigned long long>(count));
    }
  }
  if (options.pid != 0) {
    const double cpu = figures.server_cpu_seconds;
    Print(
        out, "server: %.2f s CPU, %.1f us an answer, %.2f us a line; memory %.1f MiB, peak %.1f\n",
        cpu, cpu * 1e6 / AtLeastOne(all.answers), cpu * 1e6 / AtLeastOne(all.lines),
        static_cast<double>(figures.rss_kib) / 1024, static_cast<double>(figures.peak_kib) / 1024);
  }
  Print(out, "driver: %.2f s CPU, %.1f us an answer", figures.driver_cpu_seconds,
        figures.driver_cpu_seconds * 1e6 / AtLeastOne(all.answers));
  if (options.rate > 0) {
    Print(out, "; from due to sent: p99 %.2f ms", Percentile(figures.waited_ms, .99));
  }
  out += "\n";
  for (const auto& [series, grown] : figures.counters) {
    Print(out, "%.0f  %s (%.3f an answer)\n", grown, series.c_str(),
          grown / AtLeastOne(all.answers));
  }
  return out;
}

}  // namespace sluice::bench
