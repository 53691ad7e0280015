#include "audit/log_end.h"

#include <fmt/format.h>

namespace sluice::audit {
namespace {

// Why `line` cannot stand where the chain is now; empty: it can, and the chain has moved on.
std::string Advance(const Line& line, bool first_line, LogEnd& end) {
  if (first_line) {
    if (!line.begins_segment || SegmentName(line.sequence) != end.name) {
      return "it must begin the file that it is in";
    }
    end.chain = {{line.sequence - 1, line.previous}, line.previous};
    end.opened = line.opened;
    end.first = line.sequence;
  } else if (line.begins_segment || line.sequence != end.chain.head.sequence + 1) {
    return fmt::format("event {} must stand here", end.chain.head.sequence + 1);
  }
  if (!line.Follows(end.chain.tip)) return "its hash does not follow from the line before";
  end.chain.tip = line.hash;
  if (!first_line) end.chain.head = {line.sequence, line.hash};
  return {};
}

std::string AgainstAnchor(const Head& anchor, const Chain& chain, bool at_end) {
  if (chain.head.sequence == anchor.sequence && chain.head.hash != anchor.hash) {
    return fmt::format("event {} is not the one that was anchored", anchor.sequence);
  }
  if (at_end && chain.head.sequence < anchor.sequence) {
    return fmt::format("the log ends with event {}, but {} was anchored", chain.head.sequence,
                       anchor.sequence);
  }
  return {};
}

Result<LogEnd> ReadThrough(const Fd& folder, const Segment& segment,
                           const std::optional<Head>& anchor) {
  LogEnd end;
  end.name = segment.name;
  const Fd file = TRY(OpenForReading(folder, segment.name));
  LineReader lines(file);
  for (uint64_t number = 1; end.broken.empty(); ++number) {
    auto next = lines.Next();
    if (!next.has_value() && next.error().code != Code::kCorrupt)
      return std::unexpected(next.error());
    if (next.has_value() && !next->has_value()) break;
    const auto line = next.has_value() ? ReadLine(**next) : std::unexpected(next.error());
    end.broken = line.has_value() ? Advance(*line, number == 1, end) : line.error().message;
    if (end.broken.empty() && anchor) end.broken = AgainstAnchor(*anchor, end.chain, false);
    if (!end.broken.empty()) {
      end.broken = fmt::format("{} line {}: {}", segment.name, number, end.broken);
    } else {
      end.size = lines.offset();
    }
  }
  end.torn = TRY(FileSize(file)) - end.size;
  return end;
}

}  // namespace

Result<LogEnd> FindEnd(const Fd& folder, const std::optional<Head>& anchor,
                       std::vector<std::string>& leftover) {
  auto segments = TRY(ListSegments(folder));
  LogEnd end;
  while (!segments.empty()) {
    end = TRY(ReadThrough(folder, segments.back(), anchor));
    if (end.size > 0 || !end.broken.empty()) break;
    leftover.push_back(segments.back().name);
    segments.pop_back();
    end = {};
  }
  if (anchor && end.broken.empty()) end.broken = AgainstAnchor(*anchor, end.chain, true);
  return end;
}

}  // namespace sluice::audit
