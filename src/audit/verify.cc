#include "audit/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "audit/event_json.h"
#include "audit/segment_files.h"
#include "base/encoding.h"

namespace sluice::audit {
namespace {

std::string Brief(const crypto::Digest& hash) { return Hex(crypto::View(hash)).substr(0, 16); }

class Walk {
 public:
  explicit Walk(const std::optional<Head>& anchor) : anchor_(anchor) {}

  // Stops at the first break.
  Status ReadSegment(const Fd& folder, const Segment& segment, bool last);
  // What can only be said when everything was read.
  void Finish();
  const Verification& result() const { return result_; }
  bool broken() const { return result_.broken.has_value(); }

 private:
  void BreakHere(std::string what);
  void TakeLine(std::string_view text);
  void TakeSegmentLine(const Line& line);
  void TakeEvent(const Line& line, std::string_view text);
  void NoteOwnEvents(std::string_view text);
  void NotePurge(const Event& event);

  const std::optional<Head>& anchor_;
  Verification result_;
  Chain chain_;
  std::string file_;
  uint64_t line_ = 0;
  // Where the log begins, if that is not its first event: retention must have said so.
  std::optional<Head> beginning_;
  std::string purged_hash_;
};

void Walk::BreakHere(std::string what) {
  result_.head = chain_.head;
  result_.broken = {file_, line_, chain_.head.sequence + 1, std::move(what)};
}

Status Walk::ReadSegment(const Fd& folder, const Segment& segment, bool last) {
  file_ = segment.name;
  line_ = 0;
  auto file = OpenForReading(folder, segment.name);
  if (!file.has_value() && file.error().code == Code::kNotFound) {
    return Fail(Code::kConflict, "files of the audit log were deleted meanwhile: begin again");
  }
  const Fd open = TRY(std::move(file));
  LineReader lines(open);
  while (!broken()) {
    ++line_;
    const auto text = lines.Next();
    if (!text.has_value()) {
      if (text.error().code != Code::kCorrupt) return std::unexpected(text.error());
      BreakHere(text.error().message);
    } else if (text->has_value()) {
      TakeLine(**text);
      result_.bytes += (*text)->size() + 1;
    } else {
      break;
    }
  }
  ++result_.segments;
  if (broken()) return {};
  if (last) {
    result_.unfinished = lines.unfinished();
  } else if (lines.unfinished() > 0) {
    BreakHere("the file ends within a line");
  } else if (line_ == 1) {
    BreakHere("the file is empty");
  }
  return {};
}

void Walk::TakeLine(std::string_view text) {
  const auto line = ReadLine(text);
  if (!line.has_value()) {
    BreakHere(line.error().message);
  } else if (line->begins_segment != (line_ == 1)) {
    BreakHere(line_ == 1 ? "the line that begins a file was expected"
                         : "a line that begins a file stands within one");
  } else if (line->begins_segment) {
    TakeSegmentLine(*line);
  } else {
    TakeEvent(*line, text);
  }
}

void Walk::TakeSegmentLine(const Line& line) {
  if (SegmentName(line.sequence) != file_) {
    return BreakHere(
        fmt::format("the file begins with event {}, not with that of its name", line.sequence));
  }
  const bool first_file = result_.segments == 0;
  if (first_file) {
    chain_ = {{line.sequence - 1, line.previous}, line.previous};
    if (line.sequence > 1) beginning_ = chain_.head;
    if (line.sequence == 1 && line.previous != crypto::Digest{}) {
      return BreakHere("a log begins with a hash of zeros");
    }
  }
  const uint64_t expected = chain_.head.sequence + 1;
  if (line.sequence > expected) {
    return BreakHere(
        fmt::format("the events {} to {} are missing: a file was deleted, or the end "
                    "of the one before was cut off",
                    expected, line.sequence - 1));
  }
  if (line.sequence < expected) {
    return BreakHere(fmt::format("event {} was expected, not {}", expected, line.sequence));
  }
  if (line.previous != chain_.tip) {
    return BreakHere(fmt::format("the file follows on a line with the hash {}..., not on {}...",
                                 Brief(line.previous), Brief(chain_.tip)));
  }
  if (!line.Follows(chain_.tip)) return BreakHere("the line was altered: its hash is another");
  chain_.tip = line.hash;
}

void Walk::TakeEvent(const Line& line, std::string_view text) {
  const uint64_t expected = chain_.head.sequence + 1;
  if (line.sequence != expected) {
    return BreakHere(fmt::format("event {} was expected, not {}", expected, line.sequence));
  }
  if (!line.Follows(chain_.tip)) {
    return BreakHere("the line was altered, or the one before: its hash does not follow from both");
  }
  chain_ = {{line.sequence, line.hash}, line.hash};
  if (result_.first_sequence == 0) result_.first_sequence = line.sequence;
  ++result_.events;
  if (anchor_ && anchor_->sequence == line.sequence) {
    if (anchor_->hash != line.hash) {
      return BreakHere(fmt::format("event {} is not the one that was anchored", line.sequence));
    }
    result_.anchor_met = true;
  }
  NoteOwnEvents(text);
}

// Events that the log makes about itself.
void Walk::NoteOwnEvents(std::string_view text) {
  static const std::string kOwn = MemberText("service_name", "auditLog");
  if (text.find(kOwn) == std::string_view::npos) return;
  const auto event = ParseEvent(text);
  if (!event.has_value() || event->service != "auditLog") return;
  if (event->action == "acceptAuditLogBreak") ++result_.accepted_breaks;
  if (event->action == "purgeAuditLog") NotePurge(*event);
}

void Walk::NotePurge(const Event& event) {
  uint64_t through = 0;
  for (const auto& [name, value] : event.params) {
    if (name == "through_sequence") {
      std::from_chars(value.data(), value.data() + value.size(), through);
    } else if (name == "through_hash" && through >= result_.purged_through) {
      purged_hash_ = value;
      result_.purged_through = through;
    }
  }
}

void Walk::Finish() {
  if (broken()) return;
  file_.clear();
  line_ = 0;
  if (beginning_) {
    const uint64_t before = beginning_->sequence;
    // A run of retention that was interrupted has left more than it recorded.
    const bool recorded =
        result_.purged_through > before ||
        (result_.purged_through == before && purged_hash_ == Hex(crypto::View(beginning_->hash)));
    if (!recorded) {
      return BreakHere(fmt::format(
          "the events up to {} are missing, and no event of retention says so", before));
    }
  } else {
    result_.purged_through = 0;
  }
  result_.head = chain_.head;
  if (!anchor_ || result_.anchor_met) return;
  if (chain_.head.sequence < anchor_->sequence) {
    return BreakHere(fmt::format("the end is cut off: the log ends with event {}, {} was anchored",
                                 chain_.head.sequence, anchor_->sequence));
  }
}

}  // namespace

Result<Verification> Verify(const std::string& folder, const std::optional<Head>& anchor) {
  const Fd open = TRY(OpenFolder(folder));
  const auto segments = TRY(ListSegments(open));
  Walk walk(anchor);
  for (const Segment& segment : segments) {
    TRY(walk.ReadSegment(open, segment, &segment == &segments.back()));
    if (walk.broken()) return walk.result();
  }
  walk.Finish();
  return walk.result();
}

}  // namespace sluice::audit
