// load.cc -- puts an HTTP/1.1 endpoint under load and says what each answer cost. Any sharing
// server will do. `bench_load --help` and docs/guide/benchmarking.md tell how.
#include <cstdio>

#include "load_driver.h"
#include "load_figures.h"
#include "load_options.h"

int main(int argc, char** argv) {
  const sluice::bench::Options options = sluice::bench::ParseCommandLine(argc, argv);
  sluice::bench::Figures figures = sluice::bench::Driver(options).Run();
  const std::string told = options.json ? sluice::bench::AsJson(figures, options)
                                        : sluice::bench::AsTable(figures, options);
  std::fputs(told.c_str(), stdout);
  return 0;
}
