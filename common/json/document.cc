#include "common/json/document.h"

#include "common/json/tokens.h"

namespace windrow::json {
namespace {

std::string Unescaped(std::string_view raw) {
  std::string text;
  AppendUnescaped(raw, &text);
  return text;
}

}  // namespace

Type Value::type() const { return document_->nodes_[node_].type; }

std::string_view Value::raw() const {
  const Document::Node& node = document_->nodes_[node_];
  return std::string_view(document_->text_).substr(node.begin, node.end - node.begin);
}

std::string Value::text() const {
  const std::string_view quoted = raw();
  return Unescaped(quoted.substr(1, quoted.size() - 2));
}

std::optional<Value> Value::Find(std::string_view key) const {
  if (!is_object()) return std::nullopt;
  for (std::optional<Value> member = first_child(); member; member = member->next()) {
    const bool escaped = document_->nodes_[member->node_].key_escaped;
    if (escaped ? member->key() == key : member->raw_key() == key) return member;
  }
  return std::nullopt;
}

std::optional<Value> Value::first_child() const {
  if (!document_->nodes_[node_].has_child) return std::nullopt;
  return Value(document_, node_ + 1);
}

std::optional<Value> Value::next() const {
  const std::uint32_t next = document_->nodes_[node_].next;
  if (next == 0) return std::nullopt;
  return Value(document_, next);
}

std::string_view Value::raw_key() const {
  const Document::Node& node = document_->nodes_[node_];
  return std::string_view(document_->text_)
      .substr(node.key_begin, node.key_end - node.key_begin);
}

std::string Value::key() const { return Unescaped(raw_key()); }

std::string Document::Release() && {
  nodes_.clear();
  return std::move(text_);
}

}  // namespace windrow::json
