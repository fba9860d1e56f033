package pack

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"path"
	"time"
)

// TarGz writes the files below the folder top, all of the time at. Errors are those of w.
func TarGz(w io.Writer, top string, files []File, at time.Time) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	for _, dir := range folders(below(top, files)) {
		h := &tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: at.UTC(), Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
		if err := t.WriteHeader(h); err != nil {
			return fmt.Errorf("packing %s: %w", dir, err)
		}
	}
	for _, f := range sorted(below(top, files)) {
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: f.Name, Size: int64(len(f.Bytes)), Mode: int64(f.mode()), ModTime: at.UTC(),
			Uname: "root", Gname: "root", Format: tar.FormatUSTAR,
		}
		if err := t.WriteHeader(h); err != nil {
			return fmt.Errorf("packing %s: %w", f.Name, err)
		}
		if _, err := t.Write(f.Bytes); err != nil {
			return fmt.Errorf("packing %s: %w", f.Name, err)
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return z.Close()
}

// Zip is the same for Windows.
func Zip(w io.Writer, top string, files []File, at time.Time) error {
	z := zip.NewWriter(w)
	for _, f := range sorted(below(top, files)) {
		h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: at.UTC()}
		h.SetMode(f.mode())
		to, err := z.CreateHeader(h)
		if err != nil {
			return fmt.Errorf("packing %s: %w", f.Name, err)
		}
		if _, err := to.Write(f.Bytes); err != nil {
			return fmt.Errorf("packing %s: %w", f.Name, err)
		}
	}
	return z.Close()
}

func below(top string, files []File) []File {
	out := append([]File(nil), files...)
	for i := range out {
		out[i].Name = path.Join(top, out[i].Name)
	}
	return out
}
