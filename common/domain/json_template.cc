#include "common/domain/json_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/domain/event_document.h"
#include "common/domain/single_select.h"
#include "common/json/document.h"
#include "common/json/tokens.h"

namespace windrow::domain {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

absl::Status Refuse(std::size_t offset, std::string_view rule) {
  return absl::InvalidArgumentError(fmt::format("at byte {}: {}", offset, rule));
}

std::string_view WithoutSpaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string_view WithoutQuotes(std::string_view raw) {
  return raw.substr(1, raw.size() - 2);
}

// Writes to a text, up to kMaxRenderedBytes.
class TextSink {
 public:
  explicit TextSink(std::string* out) : out_(*out), start_(out->size()) {}

  void Add(std::string_view bytes) { out_.append(bytes); }
  // As the inside of a JSON string.
  void AddEscaped(std::string_view bytes) {
    const std::size_t quote = out_.size();
    json::AppendString(bytes, &out_);
    out_.pop_back();
    out_.erase(quote, 1);
  }
  bool full() const { return out_.size() - start_ > kMaxRenderedBytes; }
  void Undo() { out_.resize(start_); }

 private:
  std::string& out_;
  const std::size_t start_;
};

// Counts what a TextSink would write.
class CountingSink {
 public:
  void Add(std::string_view bytes) { count_ += bytes.size(); }
  void AddEscaped(std::string_view bytes) {
    scratch_.clear();
    json::AppendString(bytes, &scratch_);
    count_ += scratch_.size() - 2;
  }
  bool full() const { return count_ > kMaxRenderedBytes; }
  std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
  std::string scratch_;
};

// A value among the characters of a text.
template <typename Sink>
void AddToText(const json::Value& value, Sink* sink) {
  switch (value.type()) {
    case json::Type::kNull:
      return;
    case json::Type::kString:
      sink->Add(WithoutQuotes(value.raw()));
      return;
    case json::Type::kBool:
    case json::Type::kNumber:
      sink->Add(value.raw());
      return;
    case json::Type::kArray:
    case json::Type::kObject:
      if (const std::optional<SingleSelect> select = AsSingleSelect(value)) {
        AddToText(select->name, sink);
      } else {
        sink->AddEscaped(value.raw());
      }
      return;
  }
}

}  // namespace

// Cuts a template into literal bytes and placeholders, in the order of the text.
class JsonTemplate::Compiler {
 public:
  Compiler(const json::Document& document, JsonTemplate* result)
      : text_(document.text()), result_(*result) {}

  absl::Status Run(const json::Value& root) {
    result_.begin_ = OffsetOf(root.raw()) + 1;
    literal_ = result_.begin_;
    for (auto member = root.first_child(); member; member = member->next()) {
      result_.keys_.push_back(member->key());
    }
    if (absl::Status status = Walk(root); !status.ok()) return status;
    EndLiteral(OffsetOf(root.raw()) + static_cast<std::uint32_t>(root.raw().size()) - 1);
    return absl::OkStatus();
  }

 private:
  absl::Status Walk(const json::Value& value) {
    if (value.type() == json::Type::kString) return ReadText(value.raw());
    for (auto child = value.first_child(); child; child = child->next()) {
      if (value.is_object() && child->raw_key().find(kOpen) != std::string_view::npos) {
        return Refuse(OffsetOf(child->raw_key()) + child->raw_key().find(kOpen),
                      "placeholders stand in values, not in keys");
      }
      if (absl::Status status = Walk(*child); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadText(std::string_view raw) {
    const std::string_view inside = WithoutQuotes(raw);
    std::size_t at = 0;
    while ((at = inside.find(kOpen, at)) != std::string_view::npos) {
      const std::size_t close = inside.find(kClose, at + kOpen.size());
      const std::size_t offset = OffsetOf(inside) + at;
      if (close == std::string_view::npos) {
        return Refuse(offset,
                      "}} is missing behind this {{; to write braces, write the "
                      "first as \\u007b");
      }
      const std::size_t behind = close + kClose.size();
      const bool alone = at == 0 && behind == inside.size();
      absl::Status status = AddPlaceholder(
          inside.substr(at + kOpen.size(), close - at - kOpen.size()), offset, alone);
      if (!status.ok()) return status;
      literal_ = OffsetOf(inside) + static_cast<std::uint32_t>(behind) + (alone ? 1 : 0);
      at = behind;
    }
    return absl::OkStatus();
  }

  absl::Status AddPlaceholder(std::string_view raw_path, std::size_t offset, bool alone) {
    if (result_.placeholders_.size() == kMaxPlaceholders) {
      return Refuse(offset, fmt::format("a template has at most {} placeholders",
                                        kMaxPlaceholders));
    }
    std::string text;
    json::AppendUnescaped(raw_path, &text);
    absl::StatusOr<FieldPath> path = FieldPath::Parse(WithoutSpaces(text));
    if (!path.ok()) {
      return Refuse(offset, fmt::format("the path \"{}\" is wrong: {}", text,
                                        std::string(path.status().message())));
    }
    EndLiteral(static_cast<std::uint32_t>(offset) - (alone ? 1 : 0));
    result_.placeholders_.push_back(
        {.path = *std::move(path), .alone = alone, .begin = 0, .end = 0});
    return absl::OkStatus();
  }

  // Gives the literal bytes up to `end` to the placeholder before them.
  void EndLiteral(std::uint32_t end) {
    if (result_.placeholders_.empty()) {
      result_.end_ = end;
    } else {
      result_.placeholders_.back().begin = literal_;
      result_.placeholders_.back().end = end;
    }
  }

  std::uint32_t OffsetOf(std::string_view part) const {
    return static_cast<std::uint32_t>(part.data() - text_.data());
  }

  const std::string& text_;
  JsonTemplate& result_;
  std::uint32_t literal_ = 0;  // where the literal bytes begin that are not given yet
};

absl::StatusOr<JsonTemplate> JsonTemplate::Compile(std::string text) {
  if (text.size() > kMaxTemplateBytes) {
    return absl::InvalidArgumentError(fmt::format(
        "has {} bytes: a template has at most {}", text.size(), kMaxTemplateBytes));
  }
  auto document =
      json::Document::ParseObject(std::move(text), {.max_depth = kMaxTemplateDepth});
  if (!document.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("is not JSON: {}", std::string(document.status().message())));
  }
  JsonTemplate result;
  absl::Status status = Compiler(*document, &result).Run(document->root());
  if (!status.ok()) return status;
  result.text_ = std::move(*document).Release();
  return result;
}

template <typename Sink>
bool JsonTemplate::Render(EventDocument* event, Sink* sink) const {
  sink->Add(Literal(begin_, end_));
  for (const Placeholder& placeholder : placeholders_) {
    const std::optional<json::Value> value = event->Find(placeholder.path);
    if (placeholder.alone) {
      sink->Add(value ? value->raw() : "null");
    } else if (value) {
      AddToText(*value, sink);
    }
    sink->Add(Literal(placeholder.begin, placeholder.end));
    if (sink->full()) return false;
  }
  return true;
}

absl::Status JsonTemplate::AppendMembers(EventDocument* event, std::string* out) const {
  TextSink sink(out);
  if (Render(event, &sink)) return absl::OkStatus();
  sink.Undo();
  return absl::ResourceExhaustedError(
      fmt::format("with this event the template gives more than {} bytes: name large "
                  "values less often",
                  kMaxRenderedBytes));
}

absl::Status JsonTemplate::Append(EventDocument* event, std::string* out) const {
  out->push_back('{');
  absl::Status status = AppendMembers(event, out);
  if (status.ok()) {
    out->push_back('}');
  } else {
    out->pop_back();
  }
  return status;
}

std::size_t JsonTemplate::MemberBytes(EventDocument* event) const {
  CountingSink sink;
  Render(event, &sink);
  return sink.count();
}

}  // namespace windrow::domain
