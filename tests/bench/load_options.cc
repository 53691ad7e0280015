#include "load_options.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

namespace sluice::bench {

namespace {

constexpr const char* kHelp =
    R"(bench_load -- puts a Delta Sharing server, or any HTTP server, under load

  bench_load (--endpoint URL [--token T] | --profile FILE.share) --request R... [options]

where
  --endpoint URL      http://HOST[:PORT]/PREFIX or https://
  --token T           sent as a bearer token
  --profile FILE      endpoint and token from a profile file
  --insecure          takes any certificate
  --header TEXT       one more header for each request: "name: value" (repeatable)

which requests
  --request R         [WEIGHT ][NAME: ]METHOD PATH[ BODY] (repeatable). PATH goes behind the
                      endpoint's; with "//" in front it is one of the host. A NAME "group/what"
                      counts for "group" too.
  --requests FILE     the same, one a line; lines with '#' in front are remarks
  --table NAME=S.C.T  {NAME} in a PATH is then /shares/S/schemas/C/tables/T, {NAME.schema} what
                      stands before /tables, {NAME.share} before /schemas (repeatable)
  --follow-pages      asks for the next page of an answer that ends with a nextPageToken

how much
  --connections N     (1), opened before anything is measured
  --rate R            open loop: R requests are due each second, whatever the answers do, and latency
                      counts from the time a request was due. Without it: closed loop, each connection
                      asks again when its answer is whole.
  --seconds S         (5)     --warmup S  (1), not counted     --count N  at most so many requests
  --patience S        (120) how long answers are waited for behind the end

what is measured beside latency
  --pid PID           CPU time and memory of the server, from /proc, when it runs on this machine
  --metrics URL       Prometheus counters, read before and after
  --counter TEXT      those with TEXT in their name (store_requests)
  --json              one JSON object instead of a table
)";

[[noreturn]] void Usage() {
  std::fputs(kHelp, stdout);
  std::exit(0);
}

double Number(const std::string& name, std::string_view text) {
  char* end = nullptr;
  const std::string value(text);
  const double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !(number >= 0)) Die(name + " takes a number, not " + value);
  return number;
}

std::string Content(const std::string& path) {
  std::ifstream in(path);
  if (!in) Die("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string_view TakeWord(std::string_view& text) {
  const size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

// Reads the options one by one; requests are made at the end, when all that they need is known.
class CommandLine {
 public:
  Options Read(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) Take(argc, argv, i);
    if (options_.endpoint.host.empty()) Die("--endpoint or --profile is needed; --help tells more");
    for (const std::string& text : requests_) options_.requests.push_back(Request(text));
    if (options_.requests.empty()) Die("--request is needed; --help tells more");
    return std::move(options_);
  }

 private:
  void Take(int argc, char** argv, int& i) {
    const std::string name = argv[i];
    if (name == "--help") Usage();
    if (const auto flag = flags_.find(name); flag != flags_.end()) return flag->second();
    const auto option = values_.find(name);
    if (option == values_.end()) Die("unknown option " + name);
    if (++i == argc) Die(name + " needs a value");
    option->second(argv[i]);
  }

  void Profile(const std::string& path) {
    boost::system::error_code error;
    const boost::json::value profile = boost::json::parse(Content(path), error);
    const auto* fields = error ? nullptr : profile.if_object();
    const auto* endpoint = fields == nullptr ? nullptr : fields->if_contains("endpoint");
    const auto* token = fields == nullptr ? nullptr : fields->if_contains("bearerToken");
    if (endpoint == nullptr || !endpoint->is_string()) Die(path + " is not a profile file");
    options_.endpoint = Url::Parse(std::string_view(endpoint->get_string()));
    if (token != nullptr && token->is_string()) {
      options_.token = std::string_view(token->get_string());
    }
  }

  void Table(const std::string& text) {
    const size_t is = text.find('=');
    const size_t one = text.find('.', is), two = text.find('.', one + 1);
    if (is == std::string::npos || two == std::string::npos) Die("--table NAME=SHARE.SCHEMA.TABLE");
    const std::string name = text.substr(0, is);
    const std::string share = "/shares/" + text.substr(is + 1, one - is - 1);
    const std::string schema = share + "/schemas/" + text.substr(one + 1, two - one - 1);
    tables_["{" + name + "}"] = schema + "/tables/" + text.substr(two + 1);
    tables_["{" + name + ".schema}"] = schema;
    tables_["{" + name + ".share}"] = share;
  }

  void RequestFile(const std::string& path) {
    std::istringstream lines(Content(path));
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && line[0] != '#') requests_.push_back(line);
    }
  }

  std::string Path(std::string_view path) const {
    if (path.starts_with("//")) return std::string(path.substr(1));
    std::string whole(path);
    if (const size_t end = path.find('}'); path.starts_with('{') && end != std::string_view::npos) {
      const auto table = tables_.find(path.substr(0, end + 1));
      if (table == tables_.end()) {
        Die("which table is " + std::string(path.substr(0, end + 1)) + "? --table says it");
      }
      whole = table->second + std::string(path.substr(end + 1));
    }
    return options_.endpoint.path + whole;
  }

  RequestKind Request(std::string_view text) const {
    RequestKind kind;
    const std::string whole(text);
    std::string_view word = TakeWord(text);
    if (!word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) != 0) {
      kind.weight = Number("a request's weight", word);
      word = TakeWord(text);
    }
    if (word.ends_with(':')) {
      kind.name = word.substr(0, word.size() - 1);
      if (kind.name.find('/') != std::string::npos) {
        kind.group = kind.name.substr(0, kind.name.find('/'));
      }
      word = TakeWord(text);
    }
    const std::string_view path = TakeWord(text);
    if (path.empty())
      Die("a request is \"[WEIGHT ][NAME: ]METHOD PATH[ BODY]\", not \"" + whole + "\"");
    if (kind.name.empty()) kind.name = std::string(word) + " " + std::string(path);
    kind.is_post = word != "GET";
    kind.body = text;
    kind.head = std::string(word) + " " + Path(path) +
                " HTTP/1.1\r\nHost: " + options_.endpoint.host + ":" +
                std::to_string(options_.endpoint.port) + "\r\n";
    if (!options_.token.empty()) kind.head += "Authorization: Bearer " + options_.token + "\r\n";
    for (const std::string& header : headers_) kind.head += header + "\r\n";
    if (!kind.body.empty()) kind.head += "Content-Type: application/json\r\n";
    return kind;
  }

  using Value = std::function<void(const char*)>;
  Value To(double& where, const char* name) {
    return [&where, name](const char* text) { where = Number(name, text); };
  }

  Options options_;
  std::vector<std::string> requests_, headers_;
  std::map<std::string, std::string, std::less<>> tables_;
  std::map<std::string, std::function<void()>> flags_ = {
      {"--insecure", [this] { options_.verify = Verify::kNo; }},
      {"--follow-pages", [this] { options_.follow_pages = true; }},
      {"--json", [this] { options_.json = true; }},
  };
  std::map<std::string, Value> values_ = {
      {"--endpoint", [this](const char* text) { options_.endpoint = Url::Parse(text); }},
      {"--profile", [this](const char* text) { Profile(text); }},
      {"--token", [this](const char* text) { options_.token = text; }},
      {"--header", [this](const char* text) { headers_.emplace_back(text); }},
      {"--request", [this](const char* text) { requests_.emplace_back(text); }},
      {"--requests", [this](const char* text) { RequestFile(text); }},
      {"--table", [this](const char* text) { Table(text); }},
      {"--seconds", To(options_.seconds, "--seconds")},
      {"--warmup", To(options_.warmup, "--warmup")},
      {"--patience", To(options_.patience, "--patience")},
      {"--rate", To(options_.rate, "--rate")},
      {"--metrics", [this](const char* text) { options_.metrics = Url::Parse(text); }},
      {"--counter", [this](const char* text) { options_.counter = text; }},
      {"--pid",
       [this](const char* text) { options_.pid = static_cast<int>(Number("--pid", text)); }},
      {"--count",
       [this](const char* text) {
         options_.count = static_cast<uint64_t>(Number("--count", text));
       }},
      {"--connections",
       [this](const char* text) {
         options_.connections =
             std::max<size_t>(1, static_cast<size_t>(Number("--connections", text)));
       }},
  };
};

}  // namespace

std::string RequestKind::Bytes(const std::string& page_token) const {
  std::string sent = body;
  if (!page_token.empty()) {
    const size_t open = sent.find('{');
    if (open == std::string::npos) Die("the body of " + name + " is no JSON object: no next page");
    const size_t next = sent.find_first_not_of(" \t", open + 1);
    const bool empty = next == std::string::npos || sent[next] == '}';
    sent.insert(open + 1, "\"pageToken\":\"" + page_token + (empty ? "\"" : "\","));
  }
  std::string bytes = head;
  if (is_post) bytes += "Content-Length: " + std::to_string(sent.size()) + "\r\n";
  return bytes + "\r\n" + sent;
}

Options ParseCommandLine(int argc, char** argv) { return CommandLine().Read(argc, argv); }

}  // namespace sluice::bench
