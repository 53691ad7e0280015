#include "server/demo_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <vector>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/json.h"
#include "net/http_client.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kTable = "/shares/retail/schemas/sales/tables/orders";

std::unexpected<Error> Unexpected(std::string_view what, std::string detail = {}) {
  return Fail(Code::kInternal, fmt::format("reading back: {}", what), std::move(detail));
}

double MillisSince(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

// A folder that goes with its owner.
class ScratchFolder {
 public:
  explicit ScratchFolder(fs::path path) : path_(std::move(path)) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    fs::create_directories(path_, ignored);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// One file of the answer: where to get it and which partition it is.
struct RemoteFile {
  std::string url;
  std::string folder;  // "region=EMEA/order_month=2024-01-01"
};

class Recipient {
 public:
  Recipient(const std::string& endpoint, const std::string& token) : endpoint_(endpoint) {
    headers_.Add("Authorization", "Bearer " + token);
    headers_.Add("Content-Type", "application/json");
  }

  Result<std::string> Call(net::Method method, std::string_view path, std::string body = {}) {
    net::ClientRequest request;
    request.method = method;
    request.url = endpoint_ + std::string(path);
    request.headers = headers_;
    request.body = std::move(body);
    net::ClientResponse response = TRY(client_.Call(request));
    if (response.status != 200) {
      return Unexpected(fmt::format("{} answers {}", path, response.status), response.body);
    }
    return std::move(response.body);
  }

  // Fetches `url` into `file`; returns the number of bytes.
  Result<uint64_t> Download(const std::string& url, const fs::path& file) {
    std::ofstream out(file, std::ios::binary);
    uint64_t bytes = 0;
    net::ClientRequest request;
    request.url = url;
    const auto response = TRY(client_.Stream(request, [&](std::string_view piece) -> Status {
      out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
      bytes += piece.size();
      return {};
    }));
    out.close();
    if (response.status != 200 || !out) return Unexpected("a file link does not lead to its file");
    return bytes;
  }

 private:
  std::string endpoint_;
  net::Headers headers_;
  net::HttpClient client_;
};

Result<std::vector<RemoteFile>> ParseFiles(const std::string& answer) {
  std::vector<RemoteFile> files;
  size_t start = 0;
  for (size_t line = 0; start < answer.size(); ++line) {
    const size_t end = std::min(answer.find('\n', start), answer.size());
    const auto value = TRY(json::Parse(std::string_view(answer).substr(start, end - start)));
    start = end + 1;
    if (line < 2) continue;  // protocol and metaData
    const json::Value* file = value.as_object().if_contains("file");
    if (file == nullptr) return Unexpected("a line that is no file", json::Serialize(value));
    RemoteFile remote{std::string(file->at("url").as_string()), {}};
    for (const auto& [name, part] : file->at("partitionValues").as_object()) {
      remote.folder += fmt::format("{}={}/", std::string_view(name),
                                   PercentEncode(std::string_view(part.as_string())));
    }
    files.push_back(std::move(remote));
  }
  return files;
}

std::string Timings(double list_ms, double query_ms, double download_ms,
                    const DemoReading& reading) {
  const double seconds = std::max(download_ms, 0.001) / 1000;
  return fmt::format(
      "\n  list shares       {:>9.2f} ms\n"
      "  query orders      {:>9.2f} ms   {} files, the first look at this table\n"
      "  fetch by link     {:>9.2f} ms   {}, {}/s, one connection\n"
      "  rows              {:>9}\n",
      list_ms, query_ms, reading.files, download_ms, HumanBytes({reading.bytes}),
      HumanBytes({static_cast<uint64_t>(static_cast<double>(reading.bytes) / seconds)}),
      reading.rows);
}

std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Result<DemoReading> ReadBack(engine::Engine& engine, const std::string& endpoint,
                             const std::string& token, const fs::path& dir) {
  Recipient recipient(endpoint, token);
  DemoReading reading;
  auto start = SteadyClock::now();
  TRY(recipient.Call(net::Method::kGet, "/shares"));
  const double list_ms = MillisSince(start);

  start = SteadyClock::now();
  const std::string answer =
      TRY(recipient.Call(net::Method::kPost, std::string(kTable) + "/query", "{}"));
  const double query_ms = MillisSince(start);

  const auto files = TRY(ParseFiles(answer));
  const ScratchFolder scratch(dir / ".read-back");
  start = SteadyClock::now();
  for (const RemoteFile& file : files) {
    std::error_code failure;
    fs::create_directories(scratch.path() / file.folder, failure);
    const fs::path local =
        scratch.path() / file.folder / fmt::format("{}.parquet", reading.files++);
    reading.bytes += TRY(recipient.Download(file.url, local));
  }
  const double download_ms = MillisSince(start);

  const std::string source = fmt::format("read_parquet({}, hive_partitioning = true)",
                                         Quoted((scratch.path() / "**/*.parquet").string()));
  const auto count = TRY(engine.Query(fmt::format("SELECT count(*) FROM {}", source)));
  reading.rows = std::stoll(count.rows.at(0).at(0).value_or("0"));
  const auto rows =
      TRY(engine.Query(fmt::format("SELECT order_id, region, order_month, status, quantity, "
                                   "unit_price, total FROM {} ORDER BY order_id LIMIT 5",
                                   source)));
  reading.text = fmt::format("\nRead back through the protocol: retail.sales.orders\n\n{}{}",
                             RenderTable(rows), Timings(list_ms, query_ms, download_ms, reading));
  return reading;
}

std::string RenderTable(const engine::Engine::Table& table) {
  constexpr size_t kMostWidth = 24;
  const auto cell = [](const std::optional<std::string>& value) {
    const std::string text = value.value_or("NULL");
    return text.size() <= kMostWidth ? text : text.substr(0, kMostWidth - 3) + "...";
  };
  std::vector<size_t> widths;
  widths.reserve(table.columns.size());
  for (const std::string& column : table.columns) widths.push_back(column.size());
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], cell(row[i]).size());
  }
  std::string out = "  ";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    out += fmt::format("{:<{}}  ", table.columns[i], widths[i]);
  }
  out += "\n  ";
  for (const size_t width : widths) out += std::string(width, '-') + "  ";
  for (const auto& row : table.rows) {
    out += "\n  ";
    for (size_t i = 0; i < row.size(); ++i) out += fmt::format("{:<{}}  ", cell(row[i]), widths[i]);
  }
  return out + '\n';
}

}  // namespace sluice::server
