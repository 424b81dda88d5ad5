// Command decoder tells what `kubectl apply -f` reads in a text, document by document.
//
// It decodes as kubectl's resource builder does: FileVisitor.Visit and StreamVisitor.Visit in
// pkg/resource/visitor.go of k8s.io/cli-runtime, followed by the decoding of one document's JSON
// into an unstructured object (k8s.io/apimachinery, pkg/util/json). Whether what was decoded is an
// object that a server takes is not asked.
//
// It runs until its standard input ends. There, a question is the length of a text in bytes, as
// four bytes in network order, followed by that many bytes, which need not be UTF-8. The answer to
// it is one line of JSON on the standard output:
//
//	{"documents": [...], "refusal": null}
//
// `documents` holds the values in the order of the text, without those that are null, which kubectl
// passes over. `refusal` is kubectl's first error: it stops there, unless the text was taken apart
// and one document has a number that is too large; then it applies the others.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// answer is what one text holds, and why kubectl reads no further.
type answer struct {
	Documents []any   `json:"documents"`
	Refusal   *string `json:"refusal"`
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers questions until there are no more.
func serve(in io.Reader, out io.Writer) error {
	reader := bufio.NewReader(in)
	writer := bufio.NewWriter(out)
	encoder := stdjson.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	for {
		var length uint32
		err := binary.Read(reader, binary.BigEndian, &length)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		text := make([]byte, length)
		if _, err := io.ReadFull(reader, text); err != nil {
			return err
		}
		if err := encoder.Encode(answerTo(text)); err != nil {
			return err
		}
		if err := writer.Flush(); err != nil {
			return err
		}
	}
}

// answerTo decodes a text as far as kubectl does.
func answerTo(text []byte) answer {
	documents := []any{}
	err := decode(text, func(document any) { documents = append(documents, document) })
	if err == nil {
		return answer{documents, nil}
	}
	message := err.Error()
	return answer{documents, &message}
}

// decode hands on the documents of a text, up to the error that ends it; gives the first error.
func decode(text []byte, yield func(any)) (err error) {
	// kubectl would crash: it reads no further either.
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	decoded := transform.NewReader(
		bytes.NewReader(text), unicode.BOMOverride(unicode.UTF8.NewDecoder()))
	decoder := yaml.NewYAMLOrJSONDecoder(decoded, 4096)
	var unreadable error
	for {
		extension := runtime.RawExtension{}
		if err := decoder.Decode(&extension); err != nil {
			if err == io.EOF { //nolint:errorlint // as kubectl compares it
				return unreadable
			}
			if unreadable != nil {
				return unreadable
			}
			return err
		}
		raw := bytes.TrimSpace(extension.Raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		var document any
		if err := json.Unmarshal(raw, &document); err != nil {
			if unreadable == nil {
				unreadable = err
			}
			continue
		}
		yield(document)
	}
}
