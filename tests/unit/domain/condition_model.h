// What tests must answer, after product.md's sentences one by one, over values held as a
// plain tree. Slow, and obvious.
#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/domain/condition.h"

namespace windrow::domain {

// A value as the model knows it. Numbers are hundredths, texts are of few ASCII letters.
struct Model {
  enum Type { kNull, kBool, kNumber, kText, kArray, kObject } type = kNull;
  long number = 0;  // and bool
  std::string text;
  std::vector<Model> elements;
  std::map<std::string, Model> members;

  bool operator==(const Model&) const = default;
};
using Optional = std::optional<Model>;

inline std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

inline Model Lower(Model value) {
  value.text = Lower(value.text);
  for (Model& element : value.elements) element = Lower(std::move(element));
  for (auto& [key, member] : value.members) member = Lower(std::move(member));
  return value;
}

// What of `value` compares with a value of this type: itself, or a part of a
// single-select.
inline Optional PartFor(const Model& value, Model::Type type) {
  if (value.type == type) return value;
  if (value.type != Model::kObject || value.members.size() != 2) return std::nullopt;
  if (!value.members.contains("id") || !value.members.contains("name")) {
    return std::nullopt;
  }
  for (const auto& [key, member] : value.members) {
    if (member.type == Model::kArray || member.type == Model::kObject)
      return std::nullopt;
  }
  if (type == Model::kNumber && value.members.at("id").type == type) {
    return value.members.at("id");
  }
  if (type == Model::kText && value.members.at("name").type == type) {
    return value.members.at("name");
  }
  return std::nullopt;
}

inline bool Equal(const Model& value, const Model& wanted) {
  const Optional part = PartFor(value, wanted.type);
  return part && *part == wanted;
}

inline std::optional<int> Order(const Model& value, const Model& wanted) {
  if (wanted.type != Model::kNumber && wanted.type != Model::kText) return std::nullopt;
  const Optional part = PartFor(value, wanted.type);
  if (!part) return std::nullopt;
  if (wanted.type == Model::kText) return part->text.compare(wanted.text);
  return part->number < wanted.number ? -1 : part->number > wanted.number ? 1 : 0;
}

inline bool Contains(const Model& value, const Model& wanted) {
  if (value.type == Model::kArray) {
    return std::ranges::any_of(
        value.elements, [&](const Model& element) { return Equal(element, wanted); });
  }
  const Optional text = PartFor(value, Model::kText);
  return wanted.type == Model::kText && text &&
         text->text.find(wanted.text) != std::string::npos;
}

inline bool IsEmpty(const Model& value) {
  return value.type == Model::kNull ||
         (value.type == Model::kText && value.text.empty()) ||
         (value.type == Model::kArray && value.elements.empty()) ||
         (value.type == Model::kObject && value.members.empty());
}

struct ModelTest {
  TestKind kind = TestKind::kExists;
  std::vector<Model> values;
  bool ignore_case = false;
};

inline bool Holds(const ModelTest& test, Optional now, Optional before,
                  bool has_previous) {
  std::vector<Model> wanted = test.values;
  if (test.ignore_case) {
    if (now) now = Lower(*now);
    if (before) before = Lower(*before);
    for (Model& value : wanted) value = Lower(value);
  }
  const auto equals = [&](const Optional& value) {
    return value && Equal(*value, wanted[0]);
  };
  const auto in = [&] {
    return std::ranges::any_of(wanted,
                               [&](const Model& one) { return Equal(*now, one); });
  };
  const auto order = [&](std::size_t i) {
    return now ? Order(*now, wanted[i]) : std::nullopt;
  };
  const Optional text = now ? PartFor(*now, Model::kText) : std::nullopt;
  switch (test.kind) {
    case TestKind::kEquals:
      return equals(now);
    case TestKind::kNotEquals:
      return !equals(now);
    case TestKind::kIn:
      return now && in();
    case TestKind::kNotIn:
      return !now || !in();
    case TestKind::kContains:
      return now && Contains(*now, wanted[0]);
    case TestKind::kNotContains:
      return !now || !Contains(*now, wanted[0]);
    case TestKind::kStartsWith:
      return text && text->text.starts_with(wanted[0].text);
    case TestKind::kEndsWith:
      return text && text->text.ends_with(wanted[0].text);
    case TestKind::kMatches:  // of plain letters
      return text && text->text.find(wanted[0].text) != std::string::npos;
    case TestKind::kLess:
      return order(0) && *order(0) < 0;
    case TestKind::kLessOrEqual:
      return order(0) && *order(0) <= 0;
    case TestKind::kGreater:
      return order(0) && *order(0) > 0;
    case TestKind::kGreaterOrEqual:
      return order(0) && *order(0) >= 0;
    case TestKind::kBetween:
      return order(0) && *order(0) >= 0 && order(1) && *order(1) <= 0;
    case TestKind::kEmpty:
      return !now || IsEmpty(*now);
    case TestKind::kNotEmpty:
      return now && !IsEmpty(*now);
    case TestKind::kExists:
      return now.has_value();
    case TestKind::kNotExists:
      return !now.has_value();
    case TestKind::kChanged:
      return has_previous && now != before;
    case TestKind::kNotChanged:
      return has_previous && now && now == before;
    case TestKind::kChangedTo:
      return equals(now) && !equals(before);
    case TestKind::kChangedFrom:
      return equals(before) && !equals(now);
  }
  return false;
}

}  // namespace windrow::domain
