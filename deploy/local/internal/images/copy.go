package images

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
)

// Store copies an archive into the store. One that is there already stays
// untouched, so that no node loads it again.
func Store(from, to string) error {
	same, err := sameContent(from, to)
	if err != nil || same {
		return err
	}
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	unfinished, err := os.Create(to + ".new")
	if err != nil {
		return err
	}
	_, err = io.Copy(unfinished, source)
	if err := errors.Join(err, unfinished.Close()); err != nil {
		return errors.Join(err, os.Remove(unfinished.Name()))
	}
	return os.Rename(unfinished.Name(), to)
}

// sameContent compares two files; one that is not there is not the same.
func sameContent(a, b string) (bool, error) {
	first, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer first.Close()
	second, err := os.Open(b)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer second.Close()
	const size = 1 << 20
	left, right := bufio.NewReaderSize(first, size), bufio.NewReaderSize(second, size)
	for {
		x, errX := left.Peek(size)
		y, errY := right.Peek(size)
		if !bytes.Equal(x, y) {
			return false, nil
		}
		switch {
		case errX == io.EOF && errY == io.EOF:
			return true, nil
		case errX != nil && errX != io.EOF:
			return false, errX
		case errY != nil && errY != io.EOF:
			return false, errY
		}
		// Of the same length, as they are equal.
		if _, err := left.Discard(len(x)); err != nil {
			return false, err
		}
		if _, err := right.Discard(len(y)); err != nil {
			return false, err
		}
	}
}
