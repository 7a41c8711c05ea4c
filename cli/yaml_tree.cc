#include "cli/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "common/base/status.h"
#include "common/base/utf8.h"

namespace windrow::cli {
namespace {

using Kind = YamlNode::Kind;

YamlPlace PlaceOf(const YAML::Mark& mark) {
  return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

absl::Status Refuse(std::string_view file, const YamlPlace& place, std::string_view what,
                    absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
  return {code, fmt::format("{}:{}:{}: {}", file, place.line, place.column, what)};
}

// Ends yaml-cpp's parse from inside of a handler.
struct Stop {};

// Builds the tree. yaml-cpp calls it from a recursion of its own, so depth is bounded
// here.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view file, std::size_t bytes)
      : file_(file), bytes_(static_cast<std::int64_t>(bytes)) {}

  void OnDocumentStart(const YAML::Mark&) override { root_.reset(); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Put(New(mark, Kind::kNull, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { RefuseAnchor(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    RefuseAnchor(mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = New(mark, Kind::kScalar, tag, anchor);
    node.text = value;
    node.plain = tag == "?";
    Put(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(New(mark, Kind::kList, tag, anchor));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(New(mark, Kind::kMap, tag, anchor));
  }
  void OnMapEnd() override { Close(); }

  std::optional<YamlNode> TakeRoot() { return std::exchange(root_, std::nullopt); }
  const absl::Status& status() const { return status_; }

 private:
  struct Level {
    YamlNode node;
    std::optional<YamlNode> key;  // a map's, until its value comes
    std::set<std::string> keys;
  };

  [[noreturn]] void Fail(const YamlPlace& place, std::string_view what,
                         absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
    status_ = Refuse(file_, place, what, code);
    throw Stop();
  }

  [[noreturn]] void RefuseAnchor(const YAML::Mark& mark) {
    Fail(PlaceOf(mark),
         "anchors (&name) and aliases (*name) are not taken: write the value out");
  }

  YamlNode New(const YAML::Mark& mark, Kind kind, const std::string& tag,
               YAML::anchor_t anchor) {
    if (anchor != 0) RefuseAnchor(mark);
    if (++count_ > kMaxYamlNodes) {
      Fail(PlaceOf(mark), fmt::format("has more than {} values", kMaxYamlNodes),
           absl::StatusCode::kResourceExhausted);
    }
    // Of some texts that are no YAML, such as ",", yaml-cpp makes values without an end.
    if (count_ > 2 * bytes_ + 16) {
      Fail(PlaceOf(mark), "is not YAML: a value, or a key and its value, is wanted here");
    }
    YamlNode node{.kind = kind, .place = PlaceOf(mark)};
    if (tag != "?" && tag != "!") node.tag = tag;
    return node;
  }

  void Open(YamlNode node) {
    if (levels_.size() >= kMaxYamlDepth) {
      Fail(node.place, fmt::format("is nested deeper than {} levels", kMaxYamlDepth),
           absl::StatusCode::kResourceExhausted);
    }
    if (!levels_.empty() && levels_.back().node.kind == Kind::kMap &&
        !levels_.back().key) {
      Fail(node.place, "a key must be a text, not a list or a map");
    }
    levels_.push_back({.node = std::move(node)});
  }

  void Close() {
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    Put(std::move(node));
  }

  void Put(YamlNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.kind == Kind::kList) {
      level.node.list.push_back(std::move(node));
    } else if (level.key) {
      level.node.map.push_back({std::move(*level.key), std::move(node)});
      level.key.reset();
    } else {
      PutKey(&level, std::move(node));
    }
  }

  void PutKey(Level* level, YamlNode key) {
    if (key.kind != Kind::kScalar) Fail(key.place, "a key must be a text");
    if (!level->keys.insert(key.text).second) {
      Fail(key.place, fmt::format("\"{}\" is there twice: keep one", key.text));
    }
    level->key = std::move(key);
  }

  const std::string_view file_;
  const std::int64_t bytes_;
  std::vector<Level> levels_;
  std::optional<YamlNode> root_;
  int count_ = 0;
  absl::Status status_;
};

// yaml-cpp takes bad UTF-8 for U+FFFD and byte 4 for the end, so both are found first.
absl::Status CheckCharacters(std::string_view text, std::string_view file) {
  YamlPlace place;
  for (std::size_t at = 0; at < text.size();) {
    const unsigned char byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = Utf8SequenceLength(text.substr(at));
    if (length == 0) return Refuse(file, place, "is not UTF-8: save the file as UTF-8");
    const bool space = byte == '\t' || byte == '\n' || byte == '\r';
    if ((byte < 0x20 && !space) || byte == 0x7f) {
      return Refuse(file, place,
                    fmt::format("is the control character U+{:04X}: write it as \"\\x"
                                "{:02x}\", in double quotes",
                                byte, byte));
    }
    place = byte == '\n' ? YamlPlace{place.line + 1, 1}
                         : YamlPlace{place.line, place.column + static_cast<int>(length)};
    at += length;
  }
  return absl::OkStatus();
}

// yaml-cpp takes the file's end for the end of a quoted text; the end of a document it
// does not.
std::string WithEnd(std::string_view text) {
  std::string out(text);
  if (!out.ends_with('\n')) out += '\n';
  return out + "...\n";
}

}  // namespace

std::string_view YamlNode::KindText() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return plain ? "a plain value" : "a text in quotes";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "";
}

absl::StatusOr<std::vector<YamlNode>> ReadYaml(std::string_view text,
                                               std::string_view file) {
  if (text.size() > kMaxYamlBytes) {
    return absl::ResourceExhaustedError(
        fmt::format("{}: has {} bytes: at most {} are read, so split it", file,
                    text.size(), kMaxYamlBytes));
  }
  WINDROW_RETURN_IF_ERROR(CheckCharacters(text, file));
  std::istringstream stream(WithEnd(text));
  TreeBuilder builder(file, text.size());
  std::vector<YamlNode> documents;
  // yaml-cpp throws; its exceptions end here.
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
      std::optional<YamlNode> root = builder.TakeRoot();
      if (root && root->kind != Kind::kNull) documents.push_back(*std::move(root));
    }
  } catch (const Stop&) {
    return builder.status();
  } catch (const YAML::Exception& error) {
    return Refuse(file, PlaceOf(error.mark), "is not YAML: " + error.msg);
  }
  return documents;
}

}  // namespace windrow::cli
